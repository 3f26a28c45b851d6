// Preloaded into the processes that the gate counts. They see a machine with two processors, so that they start the same
// number of event loops and threads everywhere.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { processors = 2 };

long sysconf(int name) {
    if (name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF) return processors;
    long (*next)(int) = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
    return next(name);
}

int get_nprocs(void) { return processors; }
int get_nprocs_conf(void) { return processors; }

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set) {
    (void)pid;
    if (size < sizeof(cpu_set_t)) {
        errno = EINVAL;
        return -1;
    }
    memset(set, 0, size);
    for (int number = 0; number < processors; number++) CPU_SET(number, set);
    return 0;
}

// SwiftNIO asks the control group before it asks sysconf: without this folder it does not.
int statfs(const char *path, struct statfs *out) {
    if (strcmp(path, "/sys/fs/cgroup") == 0) {
        errno = ENOENT;
        return -1;
    }
    int (*next)(const char *, struct statfs *) = (int (*)(const char *, struct statfs *))dlsym(RTLD_NEXT, "statfs");
    return next(path, out);
}

// Valgrind 3.19 edits the mask in place and dies where it is read-only, as libdispatch's is.
int sigsuspend(const sigset_t *mask) {
    sigset_t copy = *mask;
    int (*next)(const sigset_t *) = (int (*)(const sigset_t *))dlsym(RTLD_NEXT, "sigsuspend");
    return next(&copy);
}

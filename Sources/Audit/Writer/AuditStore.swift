/// Where the writer puts records. Its methods block on the disk, and are called on the writer's own thread, one at a time.
package protocol AuditStore: Sendable {
    /// Appends records in this order, and returns when they are on the disk. All or none.
    func append(_ records: [AuditPending]) throws
    /// Writes something small durably, to learn whether records can be written again.
    func probe() throws
    /// Derives what people ask for from the records appended since the last time. Called once their callers are awake.
    func settle()
}

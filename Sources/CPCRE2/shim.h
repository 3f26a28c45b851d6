#pragma once
/* PCRE2 is three libraries in one header; this names the one for UTF-8. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

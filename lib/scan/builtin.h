#ifndef GV_BUILTIN_H
#define GV_BUILTIN_H
/*
 * The rules that come with us, share/git-vault/rules/, as tables in the
 * program: share/git-vault/compile-rules.c writes builtin.c from them when the
 * program is built, so that no YAML is read to scan. A library by itself
 * (librules.a), since what writes it is linked with the other one.
 *
 *	r = gv_ruleset_new(&set, gv_builtin_rules, gv_builtin_n);
 */

#include <stddef.h>

#include "scan/rule.h"

extern const struct gv_rule gv_builtin_rules[];
extern const size_t gv_builtin_n;

#endif

#ifndef GV_BUILTIN_H
#define GV_BUILTIN_H
/*
 * The rules that come with git-vault, share/git-vault/rules/, as data in the
 * program: share/git-vault/compile-rules.c writes it as C when the program is
 * built, so that no YAML is read to scan. The data has no pointers: the dynamic
 * linker would adjust thousands of them whenever the program starts, although
 * few commands scan. It is a library by itself (librules.a), since what writes
 * it is linked with the other one.
 *
 *	struct gv_rules rules = GV_RULES_INIT;
 *	r = gv_builtin_load(&rules);
 *	gv_rule_release(&rules);
 */

#include <stdbool.h>
#include <stddef.h>

#include "scan/rule.h"

/* The texts of a rule follow each other in gv_builtin_text, each with its NUL:
 * those of these that it has, then the anchors, names and contexts. Their
 * lengths are apart, so that to load the rules does not read 190 KB of text. */
enum gv_builtin_part {
	GV_BUILTIN_ID,
	GV_BUILTIN_DESCRIPTION,
	GV_BUILTIN_PROVIDER,
	GV_BUILTIN_REMEDIATION,
	GV_BUILTIN_PATTERN,
	GV_BUILTIN_SCANNER,
	GV_BUILTIN_VALIDATOR,
	GV_BUILTIN_PARTS
};

struct gv_frozen;
struct gv_ruleset;

struct gv_builtin_row {
	unsigned char way, kind, severity;
	unsigned char has; /* a bit for each part that is there */
	bool is_likely, nocase, open_before, open_after;
	unsigned group, offset_min, offset_max, entropy;
	unsigned anchors, names, context; /* how many of each */
};

extern const struct gv_builtin_row gv_builtin_rows[];
extern const char gv_builtin_text[];
extern const unsigned short gv_builtin_lengths[];
extern const size_t gv_builtin_n;
extern const struct gv_frozen gv_builtin_frozen;

/* The SHA-1 of the files that the rules were made of. */
#define GV_BUILTIN_SUM 20

extern const unsigned char gv_builtin_sum[GV_BUILTIN_SUM];

/* Make rules of the data, into `out`, which has none. Their texts are the
 * program's own. 0; GV_ENOMEM, and then `out` is to be released all the same.
 */
int gv_builtin_load(struct gv_rules *out);

/* Make a set of rules as gv_ruleset_new() does, in a tenth of the time if they
 * are those of `builtin`, in their order, with other severities at most. */
int gv_builtin_ruleset(struct gv_ruleset **out, const struct gv_rule *rules,
    size_t n, const struct gv_rules *builtin);

#endif

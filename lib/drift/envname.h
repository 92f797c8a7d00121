#ifndef GV_ENVNAME_H
#define GV_ENVNAME_H
/*
 * Names of environments in any text: in keys, values, host names and paths. A
 * name counts as a whole word, between signs that are neither letters nor
 * digits. Not for which environment a file belongs to: infra/envtree.h.
 *
 *	gv_envname_fold(&a, &names, STAGING, "api.staging.x.org", 17);
 *	gv_envname_fold(&b, &names, PROD, "api.prod.x.org", 14);
 *	gv_buf_equal(&a, &b)	true
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

/* What stands for a name in a folded text, by the case that it was written in.
 */
#define GV_ENVNAME_LOWER '\1'
#define GV_ENVNAME_UPPER '\2'
#define GV_ENVNAME_TITLE '\3'

/* A word in lower case that names the environment of this number. Usual
 * spellings ("production") need no word of their own. */
struct gv_envname_word {
	const char *word;
	unsigned env;
};

struct gv_envname {
	const struct gv_envname_word *words;
	size_t n;
};

struct gv_envname_hit {
	size_t at, len;
	unsigned env;
};

/* The first name of an environment at or behind `from`. False: there is none.
 */
bool gv_envname_next(struct gv_envname_hit *out, const struct gv_envname *names,
    const char *p, size_t len, size_t from);

/* Append the text with a mark for each name of one environment: how many. */
size_t gv_envname_fold(struct gv_buf *out, const struct gv_envname *names,
    unsigned env, const char *p, size_t len);

/* Append a folded text without its marks and one separator of each, the one in
 * front of it or the one behind it. */
void gv_envname_strip(
    struct gv_buf *out, const char *folded, size_t len, bool is_in_front);

/* Whether two texts differ only in single letters that stand alone, each the
 * first letter of its environment's name: app-s-db and app-p-db. */
bool gv_envname_is_letter(const char *a, size_t a_len, const char *a_name,
    const char *b, size_t b_len, const char *b_name);

/* Whether a text can be a name that something is reached by: a host, a URL, a
 * path, a bucket. */
bool gv_envname_is_address(const char *p, size_t len);

#endif

#ifndef GV_CONFIGKEYS_H
#define GV_CONFIGKEYS_H
/*
 * The keys of a configuration file, as a person would name them, and where the
 * value of each stands: for code that says which settings differ, and never
 * what they are. Not keys that people have, which are key.h's. The path alone
 * says the syntax, as the scanner does it; the readers are those that there
 * are. A text is held to its syntax strictly, since what is no key may be a
 * secret: one that is damaged has none.
 *
 *	r = gv_configkeys_read(&keys, "prod/values.yaml", text, len);
 *	name = gv_configkeys_name(&keys, &keys.keys[0], &n);	"image.tag"
 *	gv_configkeys_release(&keys);
 *
 * .env and shell: NAME. INI, .properties and .conf: section.name. HCL: block,
 * labels and argument with '.' between. YAML and JSON: each step with '.'
 * between, of lists the number from 0; a document of several with its number
 * before it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "crypto/secret.h"

#define GV_CONFIGKEYS_TEXT_MAX  ((size_t)1024 * 1024) /* bytes of a text */
#define GV_CONFIGKEYS_MAX       10000                 /* keys */
#define GV_CONFIGKEYS_NAME_MAX  512                   /* bytes of one */
#define GV_CONFIGKEYS_DEPTH_MAX 64                    /* lists, maps, blocks */

struct gv_configkeys_key {
	size_t name, name_len; /* in `names` */
	size_t at, len;        /* of the value, as it is written, in the text */
};

struct gv_configkeys {
	struct gv_secret names;         /* a name may be a secret itself */
	struct gv_configkeys_key *keys; /* in the order of the text; one name
				     may stand several times */
	size_t n, cap;
};

/* Whether a file of this name may have keys. */
bool gv_configkeys_knows(const char *path);

/* Read them. 0; GV_ENOTFOUND without a message where the text is of no such
 * syntax, or not in order, or more than the bounds above: its keys are not
 * known; GV_ENOMEM, GV_ERROR. *out is released on failure. */
int gv_configkeys_read(
    struct gv_configkeys *out, const char *path, const char *text, size_t len);

/* The name of one of them, which has no NUL behind it. */
const char *gv_configkeys_name(const struct gv_configkeys *k,
    const struct gv_configkeys_key *key, size_t *len);

/* Whether a name is made of words as people write names, and so is no secret
 * itself: letters, and at most one number a word. */
bool gv_configkeys_is_plain(const char *name, size_t len);

/* Free, wiped; zeroed ok. */
void gv_configkeys_release(struct gv_configkeys *k);

#endif

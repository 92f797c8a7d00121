#ifndef GV_SECRET_LABEL_H
#define GV_SECRET_LABEL_H
/*
 * What a sealed value is called outside, where ids say nothing: the name it was
 * imported under, else the key that stands before it in its file, else its
 * file, else its rule.
 *
 *	r = gv_secret_label_of(&name, repo, &inv, value);	"DB_PASSWORD"
 *	free(name);
 */

#include <stddef.h>

struct gv_inventory;
struct gv_inventory_value;
struct gv_repo;

/* The name; the caller frees it. Two values may have the same. 0; GV_ENOMEM;
 * GV_ECORRUPT, GV_ENOTFOUND where its file cannot be read. */
int gv_secret_label_of(char **out, struct gv_repo *repo,
    const struct gv_inventory *inv, const struct gv_inventory_value *value);

/* The key before an offset on its line of a text: the last word before it that
 * is followed by nothing but '=', ':', quotes, brackets and blanks. How long it
 * is, with *at where it begins; 0: there is none. Pure. */
size_t gv_secret_label_key(size_t *at, const char *text, size_t offset);

#endif

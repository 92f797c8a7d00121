#ifndef GV_PRODUCT_H
#define GV_PRODUCT_H
/*
 * Build products and caches: folders that a tool makes again, and that no
 * snapshot needs. A name alone proves only a few of them. All others must be
 * ignored by Git, most next to a file of their tool, or hold a file that only
 * the tool writes. A pure function of names; what is in a directory is asked
 * for.
 *
 *	rule = gv_product_rule(path, len, &ask);
 *	if (rule) … left out, because of `rule`
 */

#include <stdbool.h>
#include <stddef.h>

/* What the rules may ask. */
struct gv_product_ask {
	bool ignored; /* Git ignores the folder */
	/* Whether a directory holds an entry of that name, or with "*.x" one of
	 * that suffix: the folder itself (up is 0), its parent (1), the
	 * parent's parent (2). */
	bool (*has)(void *ctx, unsigned up, const char *name);
	void *ctx;
};

/* The name of the rule by which a folder is a product as seen from its parent
 * ("node modules", "build output", …), or NULL. Static. */
const char *
gv_product_rule(const char *path, size_t len, const struct gv_product_ask *ask);

/* The same by what is in the folder. What `ask` says of Git does not matter. */
const char *gv_product_rule_inside(
    const char *path, size_t len, const struct gv_product_ask *ask);

/* The name of the rule by which an ignored file is worth nothing once its tool
 * is done ("compiled code", "lock of a running tool"), or NULL. Static. */
const char *gv_product_file_rule(const char *path, size_t len);

/* The name of the file that marks a directory as a cache, and what it begins
 * with (bford.info/cachedir). */
#define GV_PRODUCT_TAG       "CACHEDIR.TAG"
#define GV_PRODUCT_SIGNATURE "Signature: 8a477f597d28d172789f06886806bc55"

#endif

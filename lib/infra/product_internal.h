#ifndef GV_PRODUCT_INTERNAL_H
#define GV_PRODUCT_INTERNAL_H
/*
 * The table of build products, made of product.tsv when git-vault is built.
 * Include it nowhere else but in product.c and its test.
 */

#include <stddef.h>

/* What proves that a folder is a product; product.tsv says more. */
enum gv_product_proof {
	GV_PRODUCT_NAME,
	GV_PRODUCT_IGNORED,
	GV_PRODUCT_BESIDE,
	GV_PRODUCT_INSIDE,
};

struct gv_product_row {
	enum gv_product_proof proof;
	const char *folder; /* one name or two, with '*' at an end */
	size_t len;
	const char *marks; /* each with a NUL; ends with an empty one */
	const char *rule;
};

/* Ends with a row whose folder is NULL. */
extern const struct gv_product_row gv_product_rows[];

#endif

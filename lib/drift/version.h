#ifndef GV_VERSION_H
#define GV_VERSION_H
/*
 * Versions as people write them, and references to images and modules that end
 * in one.
 *
 *	gv_version_compare(&order, &steps, "v1.5", 4, "v1.4", 4);
 *	gv_version_image(&image, "ghcr.io/acme/app:1.4", 20);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_version_span {
	const char *p;
	size_t len; /* 0: there is none */
};

/* [registry/]name[:tag][@digest] */
struct gv_version_image {
	struct gv_version_span registry, name, tag, digest;
};

/* Take an image apart. False: it is no image. */
bool gv_version_image(struct gv_version_image *out, const char *p, size_t len);

/* Split the address of a module at "?ref=": false where it has none. */
bool gv_version_ref(struct gv_version_span *address,
    struct gv_version_span *version, const char *p, size_t len);

/* Compare: false where they have no order (ids of commits, words). *order is
 * negative where `a` is older; *steps by how many the first number differs that
 * does. */
bool gv_version_compare(int *order, unsigned long *steps, const char *a,
    size_t a_len, const char *b, size_t b_len);

/* Whether it begins as a version does: 1.4, v2, 2024.1. */
bool gv_version_is(const char *p, size_t len);

/* Whether it names several versions: ~> 1.2, ^1, >= 3, 1.x. */
bool gv_version_is_range(const char *p, size_t len);

/* Whether it names whatever is newest: latest, main, HEAD. */
bool gv_version_is_moving(const char *p, size_t len);

#endif

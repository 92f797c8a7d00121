#ifndef GV_IMAGE_INTERNAL_H
#define GV_IMAGE_INTERNAL_H
/*
 * What the parts of image.h share while an image is made. Include it nowhere
 * else.
 */

#include "image/image.h"

struct gv_param;

/* Turns values of layers into values of an image. What several configurations
 * have in common is one value: those of a layer are known by their address, as
 * long as the layer is there; lists and maps that were merged by what is in
 * them, since each configuration has merged its own. */
struct gv_image_freezer {
	struct gv_image *image;
	const struct gv_image_opts *opts;
	const struct gv_param *param; /* whose values they are */
	const char *env;              /* its environment; "": none */
	struct gv_map known;          /* addresses of values to what they are */
	struct gv_map merged;  /* digests of lists and maps to what they are */
	struct gv_map files;   /* paths, once each */
	struct gv_arena arena; /* of the keys of `known` and `merged` */
};

/* Turn a value (NULL: an empty map). 0; GV_EREFUSED where JSON cannot say it;
 * GV_ENOMEM. */
int gv_image_freeze(const struct gv_image_value **out,
    struct gv_image_freezer *f, const struct gv_layer_value *v);

void gv_image_freezer_release(struct gv_image_freezer *f);

#endif

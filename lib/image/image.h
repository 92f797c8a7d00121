#ifndef GV_IMAGE_H
#define GV_IMAGE_H
/*
 * The effective configuration of all environments and services of a tree, as an
 * object that is made once and then only read, by any number of threads. It
 * stands by itself: the repository and the layers are not needed any more.
 * Configurations share the values that they have in common, and an image takes
 * from the one before it what could not be read this time.
 *
 *	r = gv_image_make(&image, repo, &opts);
 *	config = gv_image_find(image, "prod", "web");
 *	v = gv_image_value(config->root, "database.host");
 *	gv_shared_put(&image->share);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "layer/layer.h"
#include "repo/oid.h"
#include "sys/shared.h"

struct gv_policy;
struct gv_repo;

#define GV_IMAGE_CONFIGS 100000 /* environments times services */

/* A value. What is in a list or map may be part of several configurations. */
struct gv_image_value {
	const char *key;  /* in a map */
	const char *veil; /* shown in its place, such as "<secret>"; or NULL */
	/* of a scalar. `json` is NULL where it is veiled and no reader may see
	 * it; then so is `text`. Else `text` is what it says, as `config get`
	 * prints it */
	const char *json, *text;
	const struct gv_image_value **items;
	const uint32_t *order; /* of a map: its items by key */
	const char *file;      /* the layer that has it; NULL: none */
	uint32_t key_len, json_len, text_len, n;
	uint32_t line, column;
	uint8_t kind;           /* of enum gv_layer_kind */
	bool has_veil;          /* it, or something in it, is veiled */
	struct gv_digest shown; /* of what everybody may see */
	struct gv_digest whole; /* of all, under the key of the options */
};

/* A layer by itself, for readers that merge. */
struct gv_image_layer {
	const char *name;
	const struct gv_image_value *root; /* NULL: it is empty */
};

struct gv_image_config {
	const char *env, *service;         /* "": none */
	const struct gv_image_value *root; /* NULL: never read, see `why` */
	uint64_t index;  /* of the image in which it became what it is */
	const char *why; /* it could not be read from this tree: the reason; the
			    rest is from an earlier one. NULL: all is well */
	int64_t since;   /* … and when that was first seen */
	/* the layers that exist, the highest first, where later files replace
	 * by key what earlier ones say; n 0: merged in another way */
	const struct gv_image_layer *layers;
	size_t n_layers;
	struct gv_image *from; /* whose memory has it; NULL: this image's */
};

struct gv_image {
	struct gv_share share;
	struct gv_oid tree;
	char commit[GV_OID_HEX + 1]; /* by which it was made */
	struct gv_image_config *configs;
	size_t n;
	size_t n_failed;  /* configs with a `why` */
	bool is_declared; /* by sets of the policy: services are those named */
	struct gv_buf stored; /* what the layers were that programs keep; empty:
				 there are none */
	struct gv_map index;  /* "ENV\nSERVICE" to a config */
	struct gv_arena arena;
	struct gv_secret *vaults; /* texts of veiled values */
	size_t n_vaults, cap_vaults;
};

struct gv_image_opts {
	struct gv_oid tree;
	const char *commit;            /* that has it */
	const char *layout, *provider; /* NULL: as `config get` finds them */
	uint64_t index;                /* for what has changed */
	int64_t now;
	bool reveals;             /* have texts of veiled values, too */
	const unsigned char *key; /* GV_DIGEST_KEY bytes, of this process */
	struct gv_image *before;  /* NULL: the first one */
	/* open what stands for a sealed value, and append it; reveals only.
	 * `env` is the environment whose own layer has it; NULL: it is of
	 * several. 0; a failure: it stays what it is. NULL: nobody can */
	int (*open)(void *ctx, struct gv_secret *out, const char *env,
	    const char *text, size_t len);
	void *ctx;
};

/* Read all configurations of a tree. A configuration that cannot be read is
 * that of the image before, with `why`. 0, and the caller has a reference;
 * GV_ENOTFOUND where there is no layered configuration; GV_EREFUSED for a
 * policy that cannot be read, or too many configurations; GV_ECORRUPT,
 * GV_ECANCELED, GV_ENOMEM, GV_ERROR. */
int gv_image_make(struct gv_image **out, struct gv_repo *repo,
    const struct gv_image_opts *opts);

/* Whether a change of these two trees may be one of configurations: false where
 * only files of other kinds differ. */
bool gv_image_differs(
    struct gv_repo *repo, const struct gv_oid *a, const struct gv_oid *b);

/* Whether programs that keep layers have others by now than those of an image.
 * 1; 0; GV_EREFUSED where one cannot be asked; GV_ECORRUPT, GV_ENOMEM. */
int gv_image_is_outdated(struct gv_repo *repo, const struct gv_image *image);

/* The configuration of an environment and service ("": none), or NULL. A
 * service without layers of its own has those of its environment where nothing
 * declares which services there are. */
const struct gv_image_config *gv_image_find(
    const struct gv_image *image, const char *env, const char *service);

/* Whether this service has layers of its own in it. */
bool gv_image_has(
    const struct gv_image *image, const char *env, const char *service);

/* Whether any configuration is of this environment. */
bool gv_image_has_env(const struct gv_image *image, const char *env);

/* ---- values (image_value.c) ---------------------------------------------- */

/* The value at a path, as gv_layer_find() has it; "" is the root. */
const struct gv_image_value *
gv_image_value(const struct gv_image_value *root, const char *path);

/* Append a value as JSON on one line, with what stands for veiled values, or
 * (`reveals`) the values themselves where the image has them. */
void gv_image_add_json(
    struct gv_buf *out, const struct gv_image_value *v, bool reveals);

/* Each scalar with its name as Spring's Environment has it: a.b[0].c; fn()
 * returns other than 0 to stop, which is returned. Empty lists and nulls are
 * scalars, empty maps are left out. */
int gv_image_each_spring(const struct gv_image_value *root,
    int (*fn)(void *ctx, const char *name, const struct gv_image_value *v),
    void *ctx);

/* How many scalars are veiled. */
size_t gv_image_count_veiled(const struct gv_image_value *v);

#endif

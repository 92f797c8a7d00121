#ifndef GV_LAYER_EMIT_H
#define GV_LAYER_EMIT_H
/*
 * A merged tree as a text that other programs read: JSON, YAML, variables of
 * Terraform, an env file, a ConfigMap. What is written as JSON or YAML and read
 * again is the same tree.
 *
 *	r = gv_layer_emit(&out, root, &(struct gv_layer_emit_opts){
 *		.form = GV_LAYER_YAML });
 */

#include <stdbool.h>
#include <stddef.h>

#include "layer/layer.h"

#define GV_LAYER_EMIT_MOST ((size_t)256 * 1024 * 1024) /* bytes of a text */

enum gv_layer_form {
	GV_LAYER_JSON,
	GV_LAYER_YAML,
	GV_LAYER_TFVARS, /* terraform.tfvars.json: names at the top only */
	GV_LAYER_ENV,    /* DATABASE_HOST=x */
	GV_LAYER_CONFIGMAP,
};

extern const char *const gv_layer_forms[]; /* their names, NULL behind them */

/* What stands for a value that must not be shown; NULL: it may be. */
typedef const char *
gv_layer_veil_fn(void *ctx, const struct gv_layer_value *value);

/* The value that another one stands for; the same one: none. */
typedef const struct gv_layer_value *
gv_layer_opened_fn(void *ctx, const struct gv_layer_value *value);

struct gv_layer_emit_opts {
	enum gv_layer_form form;
	bool is_flat;     /* JSON on one line, without a newline behind it */
	const char *name; /* of a ConfigMap */
	gv_layer_veil_fn *veil;
	gv_layer_opened_fn *opened;
	void *ctx; /* of both */
};

/* Append the text of a value. 0; GV_EREFUSED where it has no such text (two
 * keys with one name of a variable, a key that a form cannot have), or more
 * than GV_LAYER_EMIT_MOST bytes; GV_ENOMEM. */
int gv_layer_emit(struct gv_buf *out, const struct gv_layer_value *root,
    const struct gv_layer_emit_opts *opts);

/* Append a scalar as text without quotes: what `get` prints. Lists and maps are
 * JSON on one line. As above. */
int gv_layer_emit_plain(struct gv_buf *out, const struct gv_layer_value *value);

/* Append a text as a string of JSON, with its quotes. */
void gv_layer_add_string(struct gv_buf *out, const char *p, size_t len);

#endif

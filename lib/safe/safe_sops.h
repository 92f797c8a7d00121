#ifndef GV_SAFE_SOPS_H
#define GV_SAFE_SOPS_H
/*
 * Values of a file that SOPS encrypted, opened by the identities of a safe: in
 * YAML and JSON, where the data key is encrypted for age. Other keys are those
 * of services and PGP, which the program sops asks.
 *
 *	r = gv_safe_sops_open(&sops, safe, format, text, len);
 *	kind = gv_safe_sops_get(sops, &out, &value);
 *	gv_safe_sops_close(sops);
 */

#include <stdbool.h>
#include <stddef.h>

#include "crypto/secret.h"
#include "crypto/sops.h"
#include "doc/doc.h"

struct gv_safe;
struct gv_safe_sops;

/* Whether a text is such a value. */
bool gv_safe_sops_is(const char *text, size_t len);

/* Open the data key of a file, whose text outlives *out. 0, and the caller
 * closes *out; GV_ENOKEY where no identity opens it; GV_EREFUSED for another
 * format, or keys that are not age's; GV_ECORRUPT, GV_ENOMEM, GV_ERROR. */
int gv_safe_sops_open(struct gv_safe_sops **out, struct gv_safe *safe,
    enum gv_doc_format format, const char *text, size_t len);

/* A value, and where it is written in the file, with its quotes. */
struct gv_safe_sops_value {
	size_t at, size;
	const char *text;
	size_t len;
};

/* Append what a value stands for. An enum gv_sops_kind; GV_EREFUSED where the
 * file has no value there; as gv_sops_open(). */
int gv_safe_sops_get(struct gv_safe_sops *sops, struct gv_secret *out,
    const struct gv_safe_sops_value *value);

/* Wipe. NULL-safe. */
void gv_safe_sops_close(struct gv_safe_sops *sops);

#endif

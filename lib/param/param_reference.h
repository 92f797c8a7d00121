#ifndef GV_PARAM_REFERENCE_H
#define GV_PARAM_REFERENCE_H
/*
 * Values that name a secret which another system keeps: of HashiCorp Vault,
 * 1Password, the clouds, and of vals. Pure; nothing is asked of these systems.
 *
 *	if (gv_param_reference(&ref, v->text, v->len))
 *		ref.store	"HashiCorp Vault"
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_param_reference {
	const char *store; /* who keeps it */
	const char *wrong; /* why it can name nothing, a sentence; or NULL */
	const char *path;  /* of the text: the file that it is in; or NULL */
	size_t path_len;
};

/* Whether a text is one; *out is undefined where it is not. */
bool gv_param_reference(
    struct gv_param_reference *out, const char *text, size_t len);

#endif

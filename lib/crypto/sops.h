#ifndef GV_SOPS_H
#define GV_SOPS_H
/*
 * One value that SOPS has encrypted, as it stands in a file of YAML or JSON:
 *
 *	ENC[AES256_GCM,data:…,iv:…,tag:…,type:int]
 *
 * The data key of the file opens it, and only at the place where it was
 * encrypted. Whether other values of the file were changed is not asked: that
 * is what SOPS's mac is for.
 *
 *	if (gv_sops_is(text, len))
 *		r = gv_sops_open(&out, key, "db:password:", text, len);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_secret;

#define GV_SOPS_KEY 32 /* bytes of a data key */

enum gv_sops_kind {
	GV_SOPS_TEXT,
	GV_SOPS_INT,
	GV_SOPS_FLOAT,
	GV_SOPS_BOOL, /* "True" or "False" */
};

/* Whether a text begins as such a value does. */
bool gv_sops_is(const char *text, size_t len);

/* Append what it stands for. `place` is its path: each key with a colon behind
 * it, elements of lists without their numbers. An enum gv_sops_kind;
 * GV_ECORRUPT where it is no such value, was changed, is at another place or
 * not of its type, or the key is another one; GV_ENOMEM, GV_ERROR. `out` is as
 * it was after a failure. */
int gv_sops_open(struct gv_secret *out, const unsigned char key[GV_SOPS_KEY],
    const char *place, const char *text, size_t len);

#endif

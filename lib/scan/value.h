#ifndef GV_VALUE_H
#define GV_VALUE_H
/*
 * What a value looks like, before any rule says what it is: something that
 * only points to a secret, ciphertext, a placeholder, a digest, or a text that
 * can be a secret, and how much chance there is in it.
 *
 *	gv_value_judge(&v, "hunter2", 7);
 *	if (v.shape == GV_VALUE_LITERAL &&
 *	    gv_value_has_entropy(&v, "hunter2", 7, 3.0)) …
 */

#include <stdbool.h>
#include <stddef.h>

#include "lex/name.h"
#include "scan/letters.h"

enum gv_value_shape {
	GV_VALUE_EMPTY,     /* nothing, true, null, none … */
	GV_VALUE_TEMPLATE,  /* ${x}, {{ x }}, %x%, <x> */
	GV_VALUE_REFERENCE, /* var.x, !Ref x, ref+vault://…, arn:…, a path */
	GV_VALUE_CIPHERTEXT, /* ENC[AES256_GCM,…], $ANSIBLE_VAULT, vault:v1: */
	GV_VALUE_PLACEHOLDER, /* changeme, your-password, xxxx */
	GV_VALUE_PUBLIC,      /* a public key or certificate */
	GV_VALUE_HASH,        /* $6$…, $2y$…: of a password */
	GV_VALUE_DIGEST,      /* sha256:… */
	GV_VALUE_UUID,
	GV_VALUE_PROSE,      /* a sentence */
	GV_VALUE_IDENTIFIER, /* small words joined: my-secret-name */
	GV_VALUE_NUMBER,
	GV_VALUE_LITERAL, /* all else */
};

struct gv_value {
	enum gv_value_shape shape;
	bool has_lower, has_upper, has_digit, has_other;
	bool has_blank;            /* ' ' among others */
	struct gv_letters letters; /* none of more than GV_LETTERS_MAX bytes */
	/* How many bytes differ, or fewer if not exactly; 0: not counted. */
	unsigned char distinct;
	bool is_exact;
};

/* Judge a value without its quotes. Any bytes; time linear in the length. */
void gv_value_judge(struct gv_value *out, const char *p, size_t len);

/* Whether gv_value_judge() would call it ciphertext, without what else it asks.
 */
bool gv_value_is_ciphertext(const char *p, size_t len);

/* Whether a key of this name promises a secret, and the value can be one. */
bool gv_value_is_promised(const struct gv_value *v, enum gv_name name);

/* Shannon entropy of the bytes without the ends of lines behind them, in bits
 * per byte; 0 for none. */
double gv_value_entropy(const char *p, size_t len);

/* Whether it is that much at least: the number of bytes that differ mostly
 * tells by itself. `v` is what these bytes were judged to be, or NULL. */
bool gv_value_has_entropy(
    const struct gv_value *v, const char *p, size_t len, double least);

#endif

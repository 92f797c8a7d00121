#ifndef GV_WIRE_H
#define GV_WIRE_H
/*
 * Bytes as ssh has them: numbers of four bytes, high first, and strings, which
 * are a length and the bytes. Reading moves on and copies nothing.
 *
 *	struct gv_wire w = { bytes, len }, name;
 *	if (gv_wire_string(&name, &w) == 0 && gv_wire_is(&name, "ssh-ed25519"))
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;

struct gv_wire {
	const unsigned char *p;
	size_t left;
};

/* Take `n` bytes, a number, or a string. 0, or GV_ECORRUPT without a message
 * where there are fewer; `w` may have moved then. */
int gv_wire_bytes(const unsigned char **out, struct gv_wire *w, size_t n);
int gv_wire_number(uint32_t *out, struct gv_wire *w);
int gv_wire_string(struct gv_wire *out, struct gv_wire *w);

/* Whether all of a string is this text. */
bool gv_wire_is(const struct gv_wire *s, const char *text);

/* Append a string. */
void gv_wire_add(struct gv_buf *out, const void *p, size_t len);

#endif

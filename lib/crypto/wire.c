#include "crypto/wire.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"

int
gv_wire_bytes(const unsigned char **out, struct gv_wire *w, size_t n)
{
	if (n > w->left)
		return GV_ECORRUPT;
	*out = w->p;
	w->p += n;
	w->left -= n;
	return 0;
}

int
gv_wire_number(uint32_t *out, struct gv_wire *w)
{
	const unsigned char *p;

	if (gv_wire_bytes(&p, w, 4) < 0)
		return GV_ECORRUPT;
	*out = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
	return 0;
}

int
gv_wire_string(struct gv_wire *out, struct gv_wire *w)
{
	uint32_t n;

	if (gv_wire_number(&n, w) < 0 || gv_wire_bytes(&out->p, w, n) < 0)
		return GV_ECORRUPT;
	out->left = n;
	return 0;
}

bool
gv_wire_is(const struct gv_wire *s, const char *text)
{
	return s->left == strlen(text) && memcmp(s->p, text, s->left) == 0;
}

void
gv_wire_add(struct gv_buf *out, const void *p, size_t len)
{
	unsigned char n[4] = { (unsigned char)(len >> 24),
		(unsigned char)(len >> 16), (unsigned char)(len >> 8),
		(unsigned char)len };

	gv_buf_add(out, n, sizeof(n));
	gv_buf_add(out, p, len);
}

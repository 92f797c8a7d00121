#include "infra/hcl_internal.h"

#include <string.h>

#include "base/buf.h"

static const struct {
	const char *type;
	enum gv_hcl_kind kind;
	size_t labels;
} types[] = {
	{ "resource", GV_HCL_RESOURCE, 2 },
	{ "data", GV_HCL_DATA, 2 },
	{ "ephemeral", GV_HCL_EPHEMERAL, 2 },
	{ "module", GV_HCL_MODULE, 1 },
	{ "moved", GV_HCL_MOVED, 0 },
	{ "import", GV_HCL_IMPORT, 0 },
	{ "removed", GV_HCL_REMOVED, 0 },
};

static bool
is(struct gv_hcl_span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

void
gv_hcl_opening_begin(struct gv_hcl_opening *out,
    const struct gv_hcl_opening *around, struct gv_hcl_span type)
{
	size_t i;

	*out = (struct gv_hcl_opening){ .is_wanted = false };
	out->is_check = around == NULL && is(type, "check");
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!is(type, types[i].type))
			continue;
		/* a check has data of its own, and nothing else of these */
		out->is_wanted = around == NULL ||
		    (around->is_check && types[i].kind == GV_HCL_DATA);
		out->n_wanted = types[i].labels;
		out->block.kind = types[i].kind;
	}
}

void
gv_hcl_opening_set(struct gv_hcl_opening *own, struct gv_hcl_span name,
    struct gv_hcl_span value)
{
	const enum gv_hcl_kind kind = own->block.kind;
	const bool has_addresses = kind == GV_HCL_MOVED ||
	    kind == GV_HCL_IMPORT || kind == GV_HCL_REMOVED;

	if (is(name, "count") || is(name, "for_each"))
		own->block.is_counted = true;
	else if (has_addresses && is(name, "from"))
		own->block.from = value;
	else if (has_addresses && is(name, "to"))
		own->block.to = value;
}

/* ---- addresses ----------------------------------------------------------- */

bool
gv_hcl_begins_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    c >= 0x80;
}

bool
gv_hcl_is_of_word(unsigned char c)
{
	return gv_hcl_begins_word(c) || (c >= '0' && c <= '9') || c == '-';
}

static void
skip_blanks(struct gv_hcl_span *s)
{
	while (s->len && memchr(" \t\r\n", *s->p, 4)) {
		s->p++;
		s->len--;
	}
}

static bool
take(struct gv_hcl_span *s, char c)
{
	if (s->len == 0 || *s->p != c)
		return false;
	s->p++;
	s->len--;
	return true;
}

static bool
take_word(struct gv_buf *out, struct gv_hcl_span *s)
{
	size_t n = 0;

	if (s->len == 0 || !gv_hcl_begins_word((unsigned char)*s->p))
		return false;
	while (n < s->len && gv_hcl_is_of_word((unsigned char)s->p[n]))
		n++;
	gv_buf_add(out, s->p, n);
	s->p += n;
	s->len -= n;
	return true;
}

/* The key of an instance, to the ']' that closes it; a text may hold some. */
static bool
skip_key(struct gv_hcl_span *s)
{
	bool in_text = false;
	size_t depth = 1;

	for (; s->len && depth; s->p++, s->len--) {
		if (in_text && *s->p == '\\' && s->len > 1) {
			s->p++;
			s->len--;
		} else if (*s->p == '"') {
			in_text = !in_text;
		} else if (!in_text) {
			depth += *s->p == '[';
			depth -= *s->p == ']';
		}
	}
	return depth == 0;
}

static bool
take_address(struct gv_buf *out, struct gv_hcl_span *s)
{
	for (;;) {
		skip_blanks(s);
		if (!take_word(out, s))
			return false;
		for (skip_blanks(s); take(s, '['); skip_blanks(s))
			if (!skip_key(s))
				return false;
		if (s->len == 0)
			return true;
		if (!take(s, '.'))
			return false;
		gv_buf_addch(out, '.');
	}
}

bool
gv_hcl_address(struct gv_buf *out, struct gv_hcl_span span)
{
	size_t len = out->len;

	if (span.p && take_address(out, &span))
		return true;
	gv_buf_truncate(out, len);
	return false;
}

#include "secret/valuefile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "base/vec.h"

void
gv_valuefile_release(struct gv_valuefile *b)
{
	if (b == NULL)
		return;
	free(b->items);
	gv_secret_release(&b->bytes);
	gv_arena_release(&b->arena);
	*b = (struct gv_valuefile)GV_VALUEFILE_INIT;
}

int
gv_valuefile_add(struct gv_valuefile *b, const char *scope, const char *name,
    const void *data, size_t len)
{
	struct gv_valuefile_item item = { .at = b->bytes.len, .len = len };
	int r = GV_GROW(b->items, b->n, b->cap);

	item.name = gv_arena_copy(&b->arena, name, strlen(name));
	if (scope)
		item.scope = gv_arena_copy(&b->arena, scope, strlen(scope));
	if (r < 0 || item.name == NULL || (scope && item.scope == NULL))
		return GV_ENOMEM;
	if ((r = gv_secret_add(&b->bytes, data, len)) == 0)
		b->items[b->n++] = item;
	return r;
}

const unsigned char *
gv_valuefile_bytes(
    const struct gv_valuefile *b, const struct gv_valuefile_item *item)
{
	return item->len ? b->bytes.p + item->at : (const unsigned char *)"";
}

/* ---- names ---- */

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

static void
clean(char *name, enum gv_valuefile_format format)
{
	char *p;

	for (p = name; *p; p++)
		if (!is_word(*p) &&
		    (format != GV_VALUEFILE_K8S || (*p != '.' && *p != '-')))
			*p = format == GV_VALUEFILE_K8S ? '-' : '_';
}

static bool
is_taken(const struct gv_valuefile *b, size_t n, const char *name,
    enum gv_valuefile_format format)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(b->items[i].name, name) == 0 &&
		    (format != GV_VALUEFILE_K8S || !b->items[n].scope ||
			!b->items[i].scope ||
			strcmp(b->items[i].scope, b->items[n].scope) == 0))
			return true;
	return false;
}

int
gv_valuefile_name(struct gv_valuefile *b, enum gv_valuefile_format format)
{
	size_t i, size;
	unsigned k;
	bool digit;
	char *name;

	for (i = 0; i < b->n; i++) {
		size = strlen(b->items[i].name) + 16;
		name = gv_arena_alloc(&b->arena, size);
		if (name == NULL)
			return GV_ENOMEM;
		/* no variable begins with a digit */
		digit = format == GV_VALUEFILE_ENV &&
		    *b->items[i].name >= '0' && *b->items[i].name <= '9';
		snprintf(
		    name, size, "%s%s", digit ? "_" : "", b->items[i].name);
		if (format != GV_VALUEFILE_JSON)
			clean(name, format);
		size = strlen(name);
		for (k = 2; is_taken(b, i, name, format); k++)
			snprintf(name + size, 15, "_%u", k);
		b->items[i].name = name;
	}
	return 0;
}

/* ---- writing ---- */

static int
put(struct gv_secret *out, const char *text)
{
	return gv_secret_add(out, text, strlen(text));
}

static int
write_env(struct gv_secret *out, const struct gv_valuefile *b,
    const struct gv_valuefile_item *item)
{
	const unsigned char *p = gv_valuefile_bytes(b, item);
	size_t i;
	int r = put(out, item->name);

	if (memchr(p, '\0', item->len))
		return gv_err(GV_EREFUSED,
		    "the secret %s has a zero byte, which a variable cannot "
		    "hold; choose another format",
		    item->name);
	if (r == 0)
		r = put(out, "='");
	for (i = 0; r == 0 && i < item->len; i++)
		r = p[i] == '\'' ? put(out, "'\\''")
				 : gv_secret_add(out, p + i, 1);
	return r < 0 ? r : put(out, "'\n");
}

static int
write_base64(struct gv_secret *out, const unsigned char *p, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char four[4];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < len; i += 3) {
		unsigned v = (unsigned)p[i] << 16 |
		    (i + 1 < len ? (unsigned)p[i + 1] << 8 : 0) |
		    (i + 2 < len ? (unsigned)p[i + 2] : 0);

		four[0] = digits[v >> 18];
		four[1] = digits[v >> 12 & 63];
		four[2] = i + 1 < len ? digits[v >> 6 & 63] : '=';
		four[3] = i + 2 < len ? digits[v & 63] : '=';
		r = gv_secret_add(out, four, 4);
	}
	memset(four, 0, sizeof(four));
	return r;
}

static int
write_text(struct gv_secret *out, const unsigned char *p, size_t len)
{
	char escape[8];
	size_t i;
	int r = put(out, "\"");

	for (i = 0; r == 0 && i < len; i++) {
		if (p[i] == '"' || p[i] == '\\' || p[i] < 0x20) {
			if (p[i] < 0x20)
				snprintf(
				    escape, sizeof(escape), "\\u%04x", p[i]);
			else
				snprintf(escape, sizeof(escape), "\\%c", p[i]);
			r = put(out, escape);
		} else {
			r = gv_secret_add(out, p + i, 1);
		}
	}
	return r < 0 ? r : put(out, "\"");
}

static bool
is_text(const unsigned char *p, size_t len)
{
	return memchr(p, '\0', len) == NULL &&
	    gv_utf8_is_valid((const char *)p, len);
}

static int
write_json(struct gv_secret *out, const struct gv_valuefile *b,
    const struct gv_valuefile_item *item)
{
	const unsigned char *p = gv_valuefile_bytes(b, item);
	int r;

	if ((r = put(out, item == b->items ? "\n  " : ",\n  ")) < 0)
		return r;
	r = write_text(
	    out, (const unsigned char *)item->name, strlen(item->name));
	if (r < 0 || (r = put(out, ": ")) < 0)
		return r;
	if (is_text(p, item->len))
		return write_text(out, p, item->len);
	if ((r = put(out, "{\"base64\": \"")) < 0 ||
	    (r = write_base64(out, p, item->len)) < 0)
		return r;
	return put(out, "\"}");
}

/* A manifest for the scope of the item, with all of it that stands behind. */
static int
write_manifest(
    struct gv_secret *out, const struct gv_valuefile *b, size_t first)
{
	const char *scope = b->items[first].scope;
	size_t i;
	int r;

	if ((r = put(out, first ? "---\n" : "")) < 0)
		return r;
	r = put(out,
	    "apiVersion: v1\nkind: Secret\nmetadata:\n"
	    "  name: git-vault-");
	if (r < 0 || (r = put(out, scope ? scope : "values")) < 0 ||
	    (r = put(out, "\ntype: Opaque\ndata:\n")) < 0)
		return r;
	for (i = first; r == 0 && i < b->n; i++) {
		const struct gv_valuefile_item *item = &b->items[i];

		if (scope && strcmp(item->scope, scope) != 0)
			continue;
		if ((r = put(out, "  ")) == 0 &&
		    (r = put(out, item->name)) == 0 &&
		    (r = put(out, ": ")) == 0 &&
		    (r = write_base64(
			 out, gv_valuefile_bytes(b, item), item->len)) == 0)
			r = put(out, "\n");
	}
	return r;
}

static bool
is_first_of_scope(const struct gv_valuefile *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!b->items[n].scope ||
		    strcmp(b->items[i].scope, b->items[n].scope) == 0)
			return false;
	return true;
}

int
gv_valuefile_write(struct gv_secret *out, const struct gv_valuefile *b,
    enum gv_valuefile_format format)
{
	size_t before = out->len, i;
	int r = format == GV_VALUEFILE_JSON ? put(out, "{") : 0;

	for (i = 0; r == 0 && i < b->n; i++) {
		if (format == GV_VALUEFILE_ENV)
			r = write_env(out, b, &b->items[i]);
		else if (format == GV_VALUEFILE_JSON)
			r = write_json(out, b, &b->items[i]);
		else if (is_first_of_scope(b, i))
			r = write_manifest(out, b, i);
	}
	if (r == 0 && format == GV_VALUEFILE_JSON)
		r = put(out, "\n}\n");
	if (r < 0)
		gv_secret_truncate(out, before);
	return r;
}

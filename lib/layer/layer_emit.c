#include "layer/layer_emit.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "layer/layer_emit_internal.h"

/* JSON and YAML; env files and ConfigMaps are in layer_emit_flat.c. */

const char *const gv_layer_forms[] = { "json", "yaml", "tfvars", "env",
	"configmap", NULL };

struct emitter {
	struct gv_buf *out;
	const struct gv_layer_emit_opts *opts;
};

/* ---- texts --------------------------------------------------------------- */

/* Characters that some reader of YAML or JSON does not take as they are. */
static bool
is_odd(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
	    c == 0x2029 || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

void
gv_layer_add_string(struct gv_buf *out, const char *p, size_t len)
{
	size_t i, n;
	uint32_t c;

	gv_buf_addch(out, '"');
	for (i = 0; i < len; i += n) {
		n = gv_utf8_next(&c, p + i, len - i);
		if (n == 0) {
			n = 1;
			gv_buf_addstr(out, "\xef\xbf\xbd");
		} else if (c == '"' || c == '\\') {
			gv_buf_addf(out, "\\%c", (int)c);
		} else if (c == '\n') {
			gv_buf_addstr(out, "\\n");
		} else if (c == '\t') {
			gv_buf_addstr(out, "\\t");
		} else if (is_odd(c)) {
			gv_buf_addf(out, "\\u%04x", (unsigned)c);
		} else {
			gv_buf_add(out, p + i, n);
		}
	}
	gv_buf_addch(out, '"');
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether YAML takes it for a text without quotes, whichever version reads it.
 */
static bool
is_bare(const char *p, size_t len)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on",
		"off", "null", "y", "n" };
	size_t i;

	if (len == 0 || (!is_letter(*p) && *p != '/'))
		return false;
	for (i = 0; i < len; i++)
		if (!is_letter(p[i]) && !is_digit(p[i]) &&
		    strchr("_-./@%+=,~", p[i]) == NULL &&
		    !(p[i] == ':' && i + 1 < len && p[i + 1] != ' ') &&
		    !(p[i] == ' ' && i + 1 < len && p[i + 1] != '#'))
			return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len &&
		    strncasecmp(words[i], p, len) == 0)
			return false;
	return true;
}

/* ---- numbers ------------------------------------------------------------- */

bool
gv_layer_is_true(const struct gv_layer_value *v)
{
	const char c = v->len ? v->text[0] : '\0';

	return c == 't' || c == 'T' || c == 'y' || c == 'Y' ||
	    (v->len == 2 && (c == 'o' || c == 'O'));
}

/* 0x1f, 0o17, 0b1: their digits' base, or 0. */
static unsigned
base_of(const char *p, size_t len)
{
	if (len < 3 || p[0] != '0')
		return 0;
	return p[1] == 'x' ? 16 : p[1] == 'o' ? 8 : p[1] == 'b' ? 2 : 0;
}

static bool
add_based(struct gv_buf *out, const char *p, size_t len, unsigned base)
{
	uint64_t n = 0;
	unsigned digit;
	size_t i;

	for (i = 2; i < len; i++) {
		if (p[i] == '_')
			continue;
		digit = is_digit(p[i]) ? (unsigned)(p[i] - '0')
				       : (unsigned)((p[i] | 0x20) - 'a' + 10);
		if (digit >= base || n > (UINT64_MAX - digit) / base)
			return false;
		n = n * base + digit;
	}
	gv_buf_addf(out, "%llu", (unsigned long long)n);
	return true;
}

/* A number as JSON has it, in decimal. False: JSON has no such number, or
 * programs do not agree what it is (0644). */
static bool
add_number(struct gv_buf *out, const char *p, size_t len)
{
	const unsigned base = base_of(p, len);
	const size_t from = out->len;
	size_t i = 0, digits = 0;

	if (base)
		return add_based(out, p, len, base);
	if (len && (*p == '+' || *p == '-')) {
		if (*p == '-')
			gv_buf_addch(out, '-');
		i++;
	}
	if (i + 1 < len && p[i] == '0' && is_digit(p[i + 1]))
		goto no;
	for (; i < len && (is_digit(p[i]) || p[i] == '_'); i++)
		if (p[i] != '_') {
			gv_buf_addch(out, p[i]);
			digits++;
		}
	if (digits == 0)
		gv_buf_addch(out, '0');
	if (i < len && p[i] == '.') {
		const size_t point = out->len;

		gv_buf_addch(out, '.');
		for (i++; i < len && (is_digit(p[i]) || p[i] == '_'); i++)
			if (p[i] != '_') {
				gv_buf_addch(out, p[i]);
				digits++;
			}
		if (out->len == point + 1)
			gv_buf_addch(out, '0');
	}
	if (digits == 0)
		goto no;
	if (i < len && (p[i] == 'e' || p[i] == 'E')) {
		size_t e = i;

		for (e++; e < len && (p[e] == '+' || p[e] == '-'); e++)
			;
		if (e == len)
			goto no;
		gv_buf_add(out, p + i, e - i);
		for (i = e; i < len && is_digit(p[i]); i++)
			gv_buf_addch(out, p[i]);
	}
	if (i == len)
		return true;
no:
	gv_buf_truncate(out, from);
	return false;
}

static bool
has_zero_first(const struct gv_layer_value *v)
{
	const char *p = v->text + strspn(v->text, "+-");

	return *p == '0' && is_digit(p[1]);
}

void
gv_layer_add_plain(struct gv_buf *out, const struct gv_layer_value *v)
{
	const bool is_number =
	    v->kind == GV_LAYER_INT || v->kind == GV_LAYER_FLOAT;

	if (v->kind == GV_LAYER_NULL || v->kind == GV_LAYER_BOOL)
		gv_layer_add_scalar(out, v, true);
	else if (!is_number || !add_number(out, v->text, v->len))
		gv_buf_add(out, v->text, v->len);
}

void
gv_layer_add_scalar(
    struct gv_buf *out, const struct gv_layer_value *v, bool is_yaml)
{
	switch (v->kind) {
	case GV_LAYER_NULL:
		gv_buf_addstr(out, "null");
		return;
	case GV_LAYER_BOOL:
		gv_buf_addstr(out, gv_layer_is_true(v) ? "true" : "false");
		return;
	case GV_LAYER_INT:
	case GV_LAYER_FLOAT:
		if (add_number(out, v->text, v->len))
			return;
		/* a text for all, where some would take it for octal */
		if (is_yaml && !has_zero_first(v)) {
			gv_buf_add(out, v->text, v->len);
			return;
		}
		break;
	default:
		if (is_yaml && is_bare(v->text, v->len)) {
			gv_buf_add(out, v->text, v->len);
			return;
		}
		break;
	}
	gv_layer_add_string(out, v->text, v->len);
}

static void
add_value(struct emitter *e, const struct gv_layer_value *v, bool is_yaml)
{
	const char *veil =
	    e->opts->veil ? e->opts->veil(e->opts->ctx, v) : NULL;

	if (veil)
		gv_layer_add_string(e->out, veil, strlen(veil));
	else
		gv_layer_add_scalar(e->out,
		    e->opts->opened ? e->opts->opened(e->opts->ctx, v) : v,
		    is_yaml);
}

int
gv_layer_check_size(const struct gv_buf *out)
{
	if (out->len > GV_LAYER_EMIT_MOST)
		return gv_err(GV_EREFUSED,
		    "the configuration has more than 256 MiB of text");
	return gv_buf_check(out);
}

/* ---- JSON ---------------------------------------------------------------- */

static void
add_line(struct emitter *e, unsigned depth)
{
	gv_buf_addch(e->out, '\n');
	for (; depth > 0; depth--)
		gv_buf_addstr(e->out, "  ");
}

/* On one line where the depth is UINT_MAX. */
static int
add_json(struct emitter *e, const struct gv_layer_value *v, unsigned depth)
{
	const bool is_map = v->kind == GV_LAYER_MAP;
	const bool is_flat = depth == GV_LAYER_NONE;
	uint32_t i;
	int r;

	if (!is_map && v->kind != GV_LAYER_LIST) {
		add_value(e, v, false);
		return 0;
	}
	gv_buf_addch(e->out, is_map ? '{' : '[');
	for (i = 0; i < v->n; i++) {
		if (i)
			gv_buf_addch(e->out, ',');
		if (!is_flat)
			add_line(e, depth + 1);
		if (is_map) {
			gv_layer_add_string(
			    e->out, v->items[i]->key, v->items[i]->key_len);
			gv_buf_addstr(e->out, is_flat ? ":" : ": ");
		}
		if ((r = add_json(
			 e, v->items[i], is_flat ? depth : depth + 1)) < 0 ||
		    (r = gv_layer_check_size(e->out)) < 0)
			return r;
	}
	if (v->n && !is_flat)
		add_line(e, depth);
	gv_buf_addch(e->out, is_map ? '}' : ']');
	return 0;
}

/* ---- YAML ---------------------------------------------------------------- */

static void
add_indent(struct emitter *e, unsigned depth)
{
	for (; depth > 0; depth--)
		gv_buf_addstr(e->out, "  ");
}

static void
add_key(struct emitter *e, const struct gv_layer_value *v)
{
	if (is_bare(v->key, v->key_len) &&
	    memchr(v->key, ':', v->key_len) == NULL)
		gv_buf_add(e->out, v->key, v->key_len);
	else
		gv_layer_add_string(e->out, v->key, v->key_len);
	gv_buf_addch(e->out, ':');
}

/* The items of a list or map, the first of which begins where the text is. */
static int
add_yaml(struct emitter *e, const struct gv_layer_value *v, unsigned depth)
{
	uint32_t i;
	int r;

	for (i = 0; i < v->n; i++) {
		const struct gv_layer_value *item = v->items[i];
		const bool nests = item->n > 0;

		if (i)
			add_indent(e, depth);
		if (v->kind == GV_LAYER_MAP)
			add_key(e, item);
		else
			gv_buf_addch(e->out, '-');
		if (!nests) {
			gv_buf_addch(e->out, ' ');
			if (item->kind == GV_LAYER_MAP)
				gv_buf_addstr(e->out, "{}");
			else if (item->kind == GV_LAYER_LIST)
				gv_buf_addstr(e->out, "[]");
			else
				add_value(e, item, true);
			gv_buf_addch(e->out, '\n');
			continue;
		}
		if (v->kind == GV_LAYER_MAP) {
			gv_buf_addch(e->out, '\n');
			add_indent(e, depth + 1);
		} else {
			gv_buf_addch(e->out, ' ');
		}
		if ((r = add_yaml(e, item, depth + 1)) < 0 ||
		    (r = gv_layer_check_size(e->out)) < 0)
			return r;
	}
	return 0;
}

/* ---- all ----------------------------------------------------------------- */

int
gv_layer_emit_plain(struct gv_buf *out, const struct gv_layer_value *v)
{
	const struct gv_layer_emit_opts opts = { .form = GV_LAYER_JSON };
	struct emitter e = { .out = out, .opts = &opts };
	int r;

	if (gv_layer_class(v)) {
		r = add_json(&e, v, GV_LAYER_NONE);
		return r < 0 ? r : gv_layer_check_size(out);
	}
	gv_layer_add_plain(out, v);
	return gv_buf_check(out);
}

int
gv_layer_emit(struct gv_buf *out, const struct gv_layer_value *root,
    const struct gv_layer_emit_opts *opts)
{
	static const struct gv_layer_value empty = { .kind = GV_LAYER_MAP };
	struct emitter e = { .out = out, .opts = opts };
	int r;

	if (root == NULL)
		root = &empty;
	if (opts->form == GV_LAYER_ENV || opts->form == GV_LAYER_CONFIGMAP)
		return gv_layer_emit_flat(out, root, opts);
	if (opts->form == GV_LAYER_TFVARS && root->kind != GV_LAYER_MAP)
		return gv_err(GV_EREFUSED,
		    "variables of Terraform have names: the configuration is "
		    "no map");
	if (opts->is_flat)
		r = add_json(&e, root, GV_LAYER_NONE);
	else if (opts->form == GV_LAYER_YAML && root->n > 0)
		r = add_yaml(&e, root, 0);
	else if ((r = add_json(&e, root, 0)) == 0)
		gv_buf_addch(out, '\n');
	return r < 0 ? r : gv_layer_check_size(out);
}

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "doc/doc.h"
#include "layer/layer_internal.h"

/* ---- steps --------------------------------------------------------------- */

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* The control character that "u001f" at `p` is the escape of, or -1. */
static int
control(const char *p)
{
	unsigned char c;

	return strncmp(p, "u00", 3) == 0 && p[3] &&
		gv_enc_unhex(&c, p + 3, 1) == 0 && is_control((char)c)
	    ? c
	    : -1;
}

/* ["a.b"] with the escapes of JSON for quotes, backslashes and control
 * characters. */
static bool
quoted_step(struct gv_layer_step *out, const char **path, struct gv_buf *buf)
{
	const char *p = *path + 2;
	const size_t from = buf->len;
	int c;

	for (; *p && *p != '"'; p++) {
		c = -1;
		if (*p == '\\' && p[1])
			c = control(++p);
		gv_buf_addch(buf, c < 0 ? *p : (char)c);
		if (c >= 0)
			p += 4;
	}
	if (buf->failed || p[0] != '"' || p[1] != ']')
		return false;
	out->p = buf->p + from;
	out->len = buf->len - from;
	p += 2;
	*path = *p == '.' ? p + 1 : p;
	return *p == '\0' || *p == '.' || *p == '[';
}

static bool
element_step(struct gv_layer_step *out, const char **path)
{
	const char *p = *path + 1;

	out->is_element = true;
	out->element = 0;
	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (out->element > UINT32_MAX)
			return false;
		out->element = out->element * 10 + (size_t)(*p - '0');
	}
	if (*p++ != ']')
		return false;
	*path = *p == '.' ? p + 1 : p;
	return *p == '\0' || *p == '.' || *p == '[';
}

bool
gv_layer_next_step(
    struct gv_layer_step *out, const char **path, struct gv_buf *buf)
{
	const char *p = *path;
	const size_t len = strcspn(p, ".[");

	*out = (struct gv_layer_step){ .p = p, .len = len };
	if (p[0] == '[')
		return p[1] == '"' ? quoted_step(out, path, buf)
				   : element_step(out, path);
	*path = p[len] == '.' ? p + len + 1 : p + len;
	return len > 0 && !(p[len] == '.' && p[len + 1] == '\0');
}

static bool
is_bare(const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!(key[i] >= 'a' && key[i] <= 'z') &&
		    !(key[i] >= 'A' && key[i] <= 'Z') &&
		    !(key[i] >= '0' && key[i] <= '9') &&
		    memchr("_-/$", key[i], 4) == NULL)
			return false;
	return len > 0;
}

void
gv_layer_add_key(struct gv_buf *path, const char *key, size_t len)
{
	size_t i;

	if (is_bare(key, len)) {
		if (path->len)
			gv_buf_addch(path, '.');
		gv_buf_add(path, key, len);
		return;
	}
	gv_buf_addstr(path, "[\"");
	for (i = 0; i < len; i++) {
		if (is_control(key[i])) {
			gv_buf_addf(path, "\\u%04x", (unsigned char)key[i]);
			continue;
		}
		if (key[i] == '"' || key[i] == '\\')
			gv_buf_addch(path, '\\');
		gv_buf_addch(path, key[i]);
	}
	gv_buf_addstr(path, "\"]");
}

void
gv_layer_add_element(struct gv_buf *path, size_t i)
{
	gv_buf_addf(path, "[%zu]", i);
}

/* ---- looking up ---------------------------------------------------------- */

bool
gv_layer_step_element(size_t *out, const struct gv_layer_step *step)
{
	size_t i = 0, k;

	*out = step->element;
	if (step->is_element)
		return true;
	/* a.0 as well as a[0] */
	for (k = 0; k < step->len; k++) {
		if (step->p[k] < '0' || step->p[k] > '9' || i > UINT32_MAX)
			return false;
		i = i * 10 + (size_t)(step->p[k] - '0');
	}
	*out = i;
	return true;
}

const struct gv_layer_value *
gv_layer_take(const struct gv_layer_value *v, const struct gv_layer_step *step)
{
	size_t i;

	if (!step->is_element && v->kind == GV_LAYER_MAP)
		return gv_layer_get(v, step->p, step->len);
	if (v->kind != GV_LAYER_LIST || !gv_layer_step_element(&i, step))
		return NULL;
	return i < v->n ? v->items[i] : NULL;
}

const struct gv_layer_value *
gv_layer_find(const struct gv_layer_value *v, const char *path)
{
	const struct gv_layer_value *dotted = NULL, *d;
	struct gv_buf buf = GV_BUF_INIT;
	struct gv_layer_step step;

	while (v && *path) {
		/* what is left as one key, if nothing better is found */
		d = gv_layer_get(v, path, strlen(path));
		if (d && dotted == NULL)
			dotted = d;
		gv_buf_reset(&buf);
		if (!gv_layer_next_step(&step, &path, &buf)) {
			v = NULL;
			break;
		}
		v = gv_layer_take(v, &step);
	}
	gv_buf_release(&buf);
	return v ? v : dotted;
}

/* ---- all ----------------------------------------------------------------- */

static int
visit(const struct gv_layer_value *v, struct gv_buf *path, gv_layer_leaf_fn *fn,
    void *ctx)
{
	const size_t before = path->len;
	uint32_t i;
	int r;

	if (v->n == 0)
		return (r = gv_buf_check(path)) < 0 ? r : fn(ctx, path->p, v);
	for (i = 0; i < v->n; i++) {
		if (v->kind == GV_LAYER_MAP)
			gv_layer_add_key(
			    path, v->items[i]->key, v->items[i]->key_len);
		else
			gv_layer_add_element(path, i);
		if ((r = visit(v->items[i], path, fn, ctx)) != 0)
			return r;
		gv_buf_truncate(path, before);
	}
	return 0;
}

int
gv_layer_each(
    const struct gv_layer_value *root, gv_layer_leaf_fn *fn, void *ctx)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = root ? visit(root, &path, fn, ctx) : 0;

	gv_buf_release(&path);
	return r;
}

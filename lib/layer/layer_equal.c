#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "layer/layer_internal.h"

/*
 * Equality by a canonical text: keys in order, numbers without what does not
 * change them. Numbers are compared as decimals, never as doubles.
 */

static void
add_digits(struct gv_buf *out, const char *p, size_t len)
{
	char digit;
	size_t i, last = out->len;

	for (i = 0; i < len && p[i] != 'e' && p[i] != 'E'; i++) {
		digit = p[i];
		if (digit < '0' || digit > '9')
			continue;
		gv_buf_addch(out, digit);
		if (digit != '0')
			last = out->len;
	}
	gv_buf_truncate(out, last);
}

/* Of "e-12"; beyond a million it is as good as that. */
static long
exponent_of(const char *p, size_t len)
{
	const bool is_negative = len > 1 && p[1] == '-';
	long e = 0;
	size_t i;

	for (i = 1; i < len && e < 1000000; i++)
		if (p[i] >= '0' && p[i] <= '9')
			e = e * 10 + (p[i] - '0');
	return is_negative ? -e : e;
}

/* 1200, 1.2e3 and +12e2 are all "n+12e3". */
static void
add_number(struct gv_buf *out, const char *p, size_t len)
{
	size_t i, first = SIZE_MAX, point = SIZE_MAX, places = 0;
	long exponent = 0;

	for (i = 0; i < len && p[i] != 'e' && p[i] != 'E'; i++) {
		if (p[i] == '.')
			point = places;
		else if (p[i] >= '0' && p[i] <= '9') {
			if (first == SIZE_MAX && p[i] != '0')
				first = places;
			places++;
		}
	}
	exponent = exponent_of(p + i, len - i);
	if (first == SIZE_MAX) {
		gv_buf_addstr(out, "n0");
		return;
	}
	gv_buf_addstr(out, len && *p == '-' ? "n-" : "n+");
	for (i = 0; i < len && (p[i] < '1' || p[i] > '9'); i++)
		;
	add_digits(out, p + i, len - i);
	exponent += (long)(point == SIZE_MAX ? places : point) - (long)first;
	gv_buf_addf(out, "e%ld", exponent);
}

static bool
is_decimal(const struct gv_layer_value *v)
{
	uint32_t i;

	for (i = 0; i < v->len; i++)
		if (strchr("0123456789+-.eE", v->text[i]) == NULL)
			return false;
	return v->len > 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct gv_layer_value *x = *(struct gv_layer_value *const *)a;
	const struct gv_layer_value *y = *(struct gv_layer_value *const *)b;
	const uint32_t n = x->key_len < y->key_len ? x->key_len : y->key_len;
	const int order = n ? memcmp(x->key, y->key, n) : 0;

	return order ? order : x->key_len < y->key_len ? -1 : 1;
}

static void
add_map(struct gv_buf *out, const struct gv_layer_value *v)
{
	struct gv_layer_value **items = calloc(v->n + 1, sizeof(*items));
	uint32_t i;

	if (items == NULL) {
		out->failed = true;
		return;
	}
	if (v->n)
		memcpy(items, v->items, v->n * sizeof(*items));
	qsort(items, v->n, sizeof(*items), by_key);
	gv_buf_addf(out, "{%u:", v->n);
	for (i = 0; i < v->n; i++) {
		gv_buf_addf(out, "%u:", items[i]->key_len);
		gv_buf_add(out, items[i]->key, items[i]->key_len);
		gv_layer_add_canonical(out, items[i]);
	}
	free(items);
}

void
gv_layer_add_canonical(struct gv_buf *out, const struct gv_layer_value *v)
{
	uint32_t i;

	switch (v->kind) {
	case GV_LAYER_NULL:
		gv_buf_addch(out, '0');
		return;
	case GV_LAYER_MAP:
		add_map(out, v);
		return;
	case GV_LAYER_LIST:
		gv_buf_addf(out, "[%u:", v->n);
		for (i = 0; i < v->n; i++)
			gv_layer_add_canonical(out, v->items[i]);
		return;
	case GV_LAYER_INT:
	case GV_LAYER_FLOAT:
		if (is_decimal(v)) {
			add_number(out, v->text, v->len);
			gv_buf_addch(out, ';');
			return;
		}
		break;
	default:
		break;
	}
	gv_buf_addf(out, "%c%u:", v->kind == GV_LAYER_TEXT ? 't' : 'w', v->len);
	gv_buf_add(out, v->text, v->len);
}

bool
gv_layer_is_equal(
    const struct gv_layer_value *a, const struct gv_layer_value *b)
{
	struct gv_buf x = GV_BUF_INIT, y = GV_BUF_INIT;
	bool same;

	gv_layer_add_canonical(&x, a);
	gv_layer_add_canonical(&y, b);
	same = gv_buf_check(&x) == 0 && gv_buf_check(&y) == 0 &&
	    gv_buf_equal(&x, &y);
	gv_buf_release(&x);
	gv_buf_release(&y);
	return same;
}

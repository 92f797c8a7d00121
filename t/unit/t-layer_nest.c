/* lib/layer: keys with dots as paths. */
#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "layer/layer.h"
#include "layer/layer_emit.h"

static int
nest(struct gv_buf *out, enum gv_doc_format format, const char *text)
{
	struct gv_layer l = {
		.name = "l", .text = text, .len = strlen(text), .format = format
	};
	int r =
	    gv_layer_read(&l, &(struct gv_layer_read_opts){ .nests = true });

	if (r < 0)
		return r;
	r = gv_layer_emit(out, l.tree.root,
	    &(struct gv_layer_emit_opts){ .form = GV_LAYER_JSON });
	gv_layer_release(&l);
	return r;
}

static void
keys_with_dots_are_paths(void **state)
{
	static const struct {
		enum gv_doc_format format;
		const char *text, *same;
	} rows[] = {
		{ GV_DOC_FORMAT_PROPERTIES, "server.port=1\nserver.host=h\n",
		    "server: {port: \"1\", host: h}" },
		{ GV_DOC_FORMAT_YAML, "server: {port: 1}\nserver.port: 2\n",
		    "server: {port: 2}" },
		{ GV_DOC_FORMAT_YAML,
		    "a.b: {c.d: 1, e: 2}\na: {b: {c: {f: 3}}}",
		    "a: {b: {c: {d: 1, f: 3}, e: 2}}" },
		{ GV_DOC_FORMAT_YAML, "a.b: 1\na.b.c: 2\n", "a: {b: {c: 2}}" },
		{ GV_DOC_FORMAT_PROPERTIES, "l[0]=a\nl[1].k=b\nm[0][0]=c\n",
		    "l: [a, {k: b}]\nm: [[c]]" },
		{ GV_DOC_FORMAT_YAML, "l: [a, b]\n\"l[1]\": c\n", "l: [a, c]" },
		{ GV_DOC_FORMAT_YAML, "x: [{a.b: 1}]\n", "x: [{a: {b: 1}}]" },
		/* what spells no path stays a key */
		{ GV_DOC_FORMAT_YAML,
		    "\".a\": 1\n\"b.\": 2\n\"c..d\": 3\n\"u[/x.y]\": 4\n"
		    "\"v[2]\": 5\n\"w[\": 6\n",
		    "\".a\": 1\n\"b.\": 2\n\"c..d\": 3\n\"u[/x.y]\": 4\n"
		    "\"v[2]\": 5\n\"w[\": 6\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gv_buf got = GV_BUF_INIT, want = GV_BUF_INIT;
		struct gv_layer l = { .name = "l",
			.text = rows[i].same,
			.len = strlen(rows[i].same),
			.format = GV_DOC_FORMAT_YAML };

		assert_int_equal(nest(&got, rows[i].format, rows[i].text), 0);
		assert_int_equal(
		    gv_layer_read(&l, &(struct gv_layer_read_opts){ 0 }), 0);
		assert_int_equal(
		    gv_layer_emit(&want, l.tree.root,
			&(struct gv_layer_emit_opts){ .form = GV_LAYER_JSON }),
		    0);
		assert_string_equal(got.p, want.p);
		gv_layer_release(&l);
		gv_buf_release(&got);
		gv_buf_release(&want);
	}
}

static void
depth_is_bounded(void **state)
{
	struct gv_buf text = GV_BUF_INIT, out = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 40; i++)
		gv_buf_addf(&text,
		    "%s{\"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
		    "a.a.a.a.a.a.a.a.a.a\": ",
		    "");
	gv_buf_addstr(&text, "1");
	for (i = 0; i < 40; i++)
		gv_buf_addch(&text, '}');
	assert_int_equal(nest(&out, GV_DOC_FORMAT_JSON, text.p), GV_EREFUSED);
	assert_non_null(strstr(gv_err_message(), "nested more than"));
	gv_buf_release(&text);
	gv_buf_release(&out);
}

UNIT(layer_nest)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_with_dots_are_paths),
		cmocka_unit_test(depth_is_bounded),
	};

	return UNIT_RUN(tests);
}

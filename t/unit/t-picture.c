/* lib/draw/picture: texts of others in SVG and HTML. */
#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "draw/picture.h"

#define TEXT(s)                                                                \
	{                                                                      \
		s, sizeof(s) - 1                                               \
	}

static const struct gv_picture_text hostile[] = {
	TEXT("</script><script>alert(1)</script>"),
	TEXT("\" onload=\"alert(1)"),
	TEXT("' --><svg onload='x"),
	TEXT("\033[31mred\001\177"),
	TEXT("\xff\xfe not utf-8 \xc3"),
	TEXT("a\xe2\x80\xae"
	     "b\xe2\x80\xa8"
	     "c"),
	TEXT("&lt;]]>"),
};

#define N (sizeof(hostile) / sizeof(hostile[0]))

static void
draw(struct gv_buf *svg, struct gv_buf *html, struct gv_picture_text text)
{
	const struct gv_picture_box boxes[] = {
		{ .title = text,
		    .above = text,
		    .note = text,
		    .group = text,
		    .lines = &text,
		    .n_lines = 1,
		    .more = 3 },
		{ .title = TEXT("other"), .style = GV_PICTURE_MISSING },
	};
	const struct gv_picture_arrow arrow = {
		.from = 0, .to = 1, .count = 2, .kinds = text, .says = text
	};
	const struct gv_picture_key key = { text, 1, 1 };
	struct gv_picture p = { .title = text,
		.summary = text,
		.boxes = boxes,
		.n_boxes = 2,
		.arrows = &arrow,
		.n_arrows = 1,
		.groups = &key,
		.n_groups = 1,
		.kinds = &key,
		.n_kinds = 1 };

	gv_buf_reset(svg);
	gv_buf_reset(html);
	assert_int_equal(gv_picture_place(&p), 0);
	assert_int_equal(gv_picture_svg(svg, &p), 0);
	assert_int_equal(gv_picture_html(html, &p), 0);
	gv_picture_release(&p);
}

static size_t
count(const struct gv_buf *text, const char *what)
{
	const char *p = text->p;
	size_t n = 0;

	while ((p = strstr(p, what)) != NULL) {
		n++;
		p += strlen(what);
	}
	return n;
}

/* Whatever the texts are, the markup is the same. */
static void
no_text_becomes_markup(void **state)
{
	static const struct gv_picture_text plain = TEXT("plain");
	static const char *const marks[] = { "<", ">", "\"", "'", "<script",
		"</script", "onload=" };
	struct gv_buf svg = GV_BUF_INIT, html = GV_BUF_INIT;
	size_t in_svg[7], in_html[7], i, k;

	(void)state;
	draw(&svg, &html, plain);
	for (k = 0; k < 7; k++) {
		in_svg[k] = count(&svg, marks[k]);
		in_html[k] = count(&html, marks[k]);
	}
	assert_int_equal(in_html[4], 1);
	for (i = 0; i < N; i++) {
		draw(&svg, &html, hostile[i]);
		/* the last is text, once its quote is none */
		for (k = 0; k < 6; k++) {
			assert_int_equal(count(&svg, marks[k]), in_svg[k]);
			assert_int_equal(count(&html, marks[k]), in_html[k]);
		}
	}
	gv_buf_release(&svg);
	gv_buf_release(&html);
}

static void
what_does_not_show_is_made_visible(void **state)
{
	struct gv_buf svg = GV_BUF_INIT, html = GV_BUF_INIT;
	size_t i, k;

	(void)state;
	for (i = 0; i < N; i++) {
		draw(&svg, &html, hostile[i]);
		for (k = 0; k < html.len; k++)
			assert_true((unsigned char)html.p[k] >= ' ' ||
			    html.p[k] == '\n');
	}
	draw(&svg, &html, hostile[3]);
	assert_non_null(strstr(svg.p, "\\033[31mred\\001\\177"));
	draw(&svg, &html, hostile[4]);
	assert_non_null(strstr(svg.p, "\\377\\376 not utf-8 \\303"));
	draw(&svg, &html, hostile[5]);
	assert_non_null(strstr(svg.p, "a\\u{202e}b\\u{2028}c"));
	gv_buf_release(&svg);
	gv_buf_release(&html);
}

static void
a_file_loads_nothing(void **state)
{
	static const char *const marks[] = { "href=", "src=", "url(", "@import",
		"style=", "http:", "https:", "fetch(", "innerHTML", "eval(" };
	static const struct gv_picture_text plain = TEXT("plain");
	struct gv_buf svg = GV_BUF_INIT, html = GV_BUF_INIT;
	size_t k;

	(void)state;
	draw(&svg, &html, plain);
	for (k = 0; k < sizeof(marks) / sizeof(marks[0]); k++) {
		/* the name of the language of SVG is an address */
		assert_int_equal(
		    count(&svg, marks[k]), strcmp(marks[k], "http:") == 0);
		assert_int_equal(
		    count(&html, marks[k]), strcmp(marks[k], "http:") == 0);
	}
	assert_non_null(strstr(html.p, "default-src 'none'"));
	gv_buf_release(&svg);
	gv_buf_release(&html);
}

UNIT(picture)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_text_becomes_markup),
		cmocka_unit_test(what_does_not_show_is_made_visible),
		cmocka_unit_test(a_file_loads_nothing),
	};

	return UNIT_RUN(tests);
}

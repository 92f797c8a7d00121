#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/jsonstream.h"

/* A document that is given so many bytes at a time, and what it was cut to. */
struct trial {
	const char *text;
	size_t len, at, step;
	size_t deep;     /* levels to go into: all of them down to there */
	const char *key; /* and of maps, which one; NULL: any */
	size_t max;
	int64_t fails; /* what read() returns at the end */
	size_t reads;

	struct gv_buf all, said;
	int r;
	size_t pieces, told; /* and bytes */
};

static int64_t
read_some(void *ctx, void *data, size_t len)
{
	struct trial *t = ctx;
	size_t n = t->len - t->at;

	t->reads++;
	assert_true(len > 0);
	if (n > len)
		n = len;
	if (t->step && n > t->step)
		n = t->step;
	memcpy(data, t->text + t->at, n);
	t->at += n;
	return n == 0 && t->fails ? t->fails : (int64_t)n;
}

static bool
enter_some(void *ctx, const struct gv_jsontext_level *levels, size_t n)
{
	const struct trial *t = ctx;

	assert_true(n > 0 && n <= GV_JSONSTREAM_DEPTH);
	return n <= t->deep &&
	    (t->key == NULL || levels[n - 1].key == NULL ||
		gv_jsontext_is(
		    levels[n - 1].key, levels[n - 1].key_len, true, t->key));
}

/* "kind path text", a line each, for what is told of a piece. */
static void
say(struct trial *t, const struct gv_jsontext_piece *piece)
{
	static const char names[] = "VOCE";
	const struct gv_jsontext_token *token = &piece->token;
	size_t i;

	gv_buf_addf(&t->said, "%c ", names[piece->kind]);
	for (i = 0; i < piece->n_levels; i++) {
		const struct gv_jsontext_level *level = &piece->levels[i];

		gv_buf_addf(&t->said, "%s%d%.*s/", level->is_map ? "m" : "l",
		    (int)level->index, (int)level->key_len,
		    level->key ? level->key : "");
		assert_true(level->key || level->key_len == 0);
	}
	if (piece->kind == GV_JSONTEXT_PIECE_VALUE ||
	    piece->kind == GV_JSONTEXT_PIECE_OPEN) {
		const char *begin = token->has_key ? token->key : token->p;

		assert_true(begin >= piece->text);
		assert_true(token->p + token->len <= piece->text + piece->len);
		gv_buf_addf(&t->said, " %d ", (int)token->kind);
		gv_buf_add(&t->said, token->key, token->key_len);
		gv_buf_addch(&t->said, '=');
		gv_buf_add(&t->said, token->p, token->len);
	}
	gv_buf_addch(&t->said, '\n');
}

static void
run(struct trial *t)
{
	struct gv_jsontext_source source = {
		.read = read_some, .enter = enter_some, .ctx = t, .max = t->max
	};
	struct gv_jsonstream *s = NULL;
	struct gv_jsontext_piece piece;
	int i;

	assert_int_equal(gv_jsonstream_new(&s, &source), 0);
	assert_int_equal(t->reads, 0);
	do {
		t->r = gv_jsonstream_next(s, &piece);
		assert_int_equal(piece.at, t->r ? t->all.len : 0);
		if (piece.len)
			gv_buf_add(&t->all, piece.text, piece.len);
		if (t->r > 0)
			say(t, &piece);
		t->pieces += t->r > 0;
	} while (t->r > 0);
	/* and so it stays */
	for (i = 0; i < 2; i++)
		assert_int_equal(gv_jsonstream_next(s, &piece), t->r);
	gv_jsonstream_free(s);
	t->told = t->all.len;
	if (t->r == 0)
		assert_int_equal(t->told, t->len);
	/* with what read() would still give it is all, whatever is wrong */
	gv_buf_add(&t->all, t->text + t->at, t->len - t->at);
	assert_int_equal(t->all.len, t->len);
	assert_memory_equal(t->all.p, t->text, t->len);
}

static void
release(struct trial *t)
{
	gv_buf_release(&t->all);
	gv_buf_release(&t->said);
}

static const size_t steps[] = { 0, 1, 2, 7, 4096, 65537 };
#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* However it is read, these are the pieces. */
static void
assert_pieces(const char *text, size_t deep, const char *key, const char *want)
{
	size_t i;

	for (i = 0; i < STEPS; i++) {
		struct trial t = { .text = text,
			.len = strlen(text),
			.deep = deep,
			.key = key,
			.step = steps[i] };

		run(&t);
		if (t.r < 0)
			fail_msg("%s: %s", text, gv_err_message());
		assert_string_equal(t.said.p, want);
		release(&t);
	}
}

static void
what_is_gone_into_is_cut(void **state)
{
	static const char text[] =
	    " {\"v\": 4,\n \"r\": [ {\"a\":[1,2]}, \"\\n\", 3 ],\n \"c\":null} \n";

	(void)state;
	assert_pieces(text, 0, NULL,
	    "V  7 ={\"v\": 4,\n \"r\": [ {\"a\":[1,2]}, \"\\n\", 3 ],"
	    "\n \"c\":null}\nE \n");
	assert_pieces(text, 1, NULL,
	    "O  7 ={\n"
	    "V m0/ 3 v=4\n"
	    "V m0/ 5 r=[ {\"a\":[1,2]}, \"\\n\", 3 ]\n"
	    "V m0/ 0 c=null\n"
	    "C m0/\n"
	    "E \n");
	assert_pieces(text, 2, NULL,
	    "O  7 ={\n"
	    "V m0/ 3 v=4\n"
	    "O m0/ 5 r=[\n"
	    "V m0/l1r/ 7 ={\"a\":[1,2]}\n"
	    "V m0/l1r/ 4 =\\n\n"
	    "V m0/l1r/ 3 =3\n"
	    "C m0/l1r/\n"
	    "V m0/ 0 c=null\n"
	    "C m0/\n"
	    "E \n");
	assert_pieces(text, 2, "x",
	    "O  7 ={\n"
	    "V m0/ 3 v=4\n"
	    "V m0/ 5 r=[ {\"a\":[1,2]}, \"\\n\", 3 ]\n"
	    "V m0/ 0 c=null\n"
	    "C m0/\n"
	    "E \n");
	/* each level counts its own */
	assert_pieces("[[1,[2]],[[3]]]", 3, NULL,
	    "O  5 =[\n"
	    "O l0/ 5 =[\n"
	    "V l0/l0/ 3 =1\n"
	    "O l0/l0/ 5 =[\n"
	    "V l0/l0/l1/ 3 =2\n"
	    "C l0/l0/l1/\n"
	    "C l0/l0/\n"
	    "O l0/ 5 =[\n"
	    "O l0/l1/ 5 =[\n"
	    "V l0/l1/l0/ 3 =3\n"
	    "C l0/l1/l0/\n"
	    "C l0/l1/\n"
	    "C l0/\n"
	    "E \n");
	assert_pieces(text, 9, NULL,
	    "O  7 ={\n"
	    "V m0/ 3 v=4\n"
	    "O m0/ 5 r=[\n"
	    "O m0/l1r/ 7 ={\n"
	    "O m0/l1r/m0/ 5 a=[\n"
	    "V m0/l1r/m0/l0a/ 3 =1\n"
	    "V m0/l1r/m0/l0a/ 3 =2\n"
	    "C m0/l1r/m0/l0a/\n"
	    "C m0/l1r/m0/\n"
	    "V m0/l1r/ 4 =\\n\n"
	    "V m0/l1r/ 3 =3\n"
	    "C m0/l1r/\n"
	    "V m0/ 0 c=null\n"
	    "C m0/\n"
	    "E \n");
}

static void
one_value_is_a_document(void **state)
{
	(void)state;
	assert_pieces("12", 9, NULL, "V  3 =12\nE \n");
	assert_pieces(" \"\" ", 9, NULL, "V  4 =\nE \n");
	assert_pieces("[]", 9, NULL, "O  5 =[\nC l0/\nE \n");
	assert_pieces("{}", 0, NULL, "V  7 ={}\nE \n");
	assert_pieces("true", 0, NULL, "V  2 =true\nE \n");
}

/* At every distance from the begin, and so from the end of some window. */
static void
a_character_may_be_cut_anywhere(void **state)
{
	static const char wide[] =
	    "\xf0\x9f\x98\x80\xe2\x82\xac\xc3\xa4\\u00e4";
	char text[80], want[100];
	int n;

	(void)state;
	for (n = 0; n < 40; n++) {
		snprintf(text, sizeof(text), "\"%.*s%s\"", n,
		    "0123456789012345678901234567890123456789", wide);
		snprintf(want, sizeof(want), "V  4 =%.*s%s\nE \n", n,
		    "0123456789012345678901234567890123456789", wide);
		assert_pieces(text, 0, NULL, want);
	}
}

static void
no_more_levels_than_said_are_gone_into(void **state)
{
	(void)state;
	assert_pieces("[[[[[[[[[[0]]]]]]]]]]", 99, NULL,
	    "O  5 =[\n"
	    "O l0/ 5 =[\n"
	    "O l0/l0/ 5 =[\n"
	    "O l0/l0/l0/ 5 =[\n"
	    "O l0/l0/l0/l0/ 5 =[\n"
	    "O l0/l0/l0/l0/l0/ 5 =[\n"
	    "O l0/l0/l0/l0/l0/l0/ 5 =[\n"
	    "O l0/l0/l0/l0/l0/l0/l0/ 5 =[\n"
	    "V l0/l0/l0/l0/l0/l0/l0/l0/ 5 =[[0]]\n"
	    "C l0/l0/l0/l0/l0/l0/l0/l0/\n"
	    "C l0/l0/l0/l0/l0/l0/l0/\n"
	    "C l0/l0/l0/l0/l0/l0/\n"
	    "C l0/l0/l0/l0/l0/\n"
	    "C l0/l0/l0/l0/\n"
	    "C l0/l0/l0/\n"
	    "C l0/l0/\n"
	    "C l0/\n"
	    "E \n");
}

/* Values of all sizes, over the end of many windows, some larger than one. */
static void
make_large(struct gv_buf *out, size_t n)
{
	size_t i, k;

	gv_buf_addstr(out, "{\"list\": [");
	for (i = 0; i < n; i++) {
		const size_t len = i % 97 == 50 ? 700000 : i * 7919 % 3000;

		gv_buf_addf(
		    out, "%s\n    {\"id\": %zu, \"text\": \"", i ? "," : "", i);
		for (k = 0; k < len; k += 10)
			gv_buf_addstr(out,
			    k % 130 == 60 ? "\\u00e4\\n\xc3\xa4"
					  : "0123456789");
		gv_buf_addstr(out, "\", \"more\": [null, true, -1.5e3]}");
	}
	gv_buf_addstr(out, "\n]}\n");
	assert_int_equal(gv_buf_check(out), 0);
}

static void
a_large_document_is_cut_the_same_however_it_is_read(void **state)
{
	struct gv_buf large = GV_BUF_INIT, said = GV_BUF_INIT;
	size_t i;

	(void)state;
	make_large(&large, 400);
	for (i = 0; i < STEPS; i++) {
		struct trial t = { .text = large.p,
			.len = large.len,
			.deep = 2,
			.step = steps[i] };

		run(&t);
		assert_int_equal(t.r, 0);
		assert_int_equal(t.pieces, 405);
		if (i == 0)
			gv_buf_add(&said, t.said.p, t.said.len);
		assert_int_equal(t.said.len, said.len);
		assert_memory_equal(t.said.p, said.p, said.len);
		release(&t);
	}
	gv_buf_release(&large);
	gv_buf_release(&said);
}

static void
assert_wrong(const char *text, size_t len, size_t max, const char *message)
{
	size_t i;

	for (i = 0; i < STEPS; i++) {
		struct trial t = { .text = text,
			.len = len,
			.deep = 2,
			.max = max,
			.step = steps[i] };

		run(&t);
		assert_int_equal(t.r, GV_EREFUSED);
		assert_string_equal(gv_err_message(), message);
		release(&t);
	}
}

static void
what_is_wrong_is_told_with_its_place(void **state)
{
	struct gv_buf large = GV_BUF_INIT;
	char *key;
	size_t n;

	(void)state;
	assert_wrong("", 0, 0, "line 1, column 1: it ends early");
	assert_wrong("[1,\n 2,,3]", 10, 0,
	    "line 2, column 4: a value should begin here");
	assert_wrong("{\"\xc3\xa4\": x", 8, 0,
	    "line 1, column 7: a value should begin here");
	assert_wrong(
	    "[\"\xc3", 3, 0, "line 1, column 3: a text that is not in UTF-8");
	assert_wrong("[1]\n\n]", 6, 0,
	    "line 3, column 1: something follows the document");
	assert_wrong("[1]                                             x", 49, 0,
	    "line 1, column 49: something follows the document");
	assert_wrong("[tru", 4, 0, "line 1, column 5: it ends early");
	/* far behind the first window; some of it is on its line */
	make_large(&large, 300);
	n = large.len - 3;
	large.p[n] = '}';
	assert_wrong(large.p, large.len, 0,
	    "line 302, column 1: a comma or a ] should be here");
	large.p[n] = ']';
	key = strstr(large.p, "{\"id\": 299");
	assert_non_null(key);
	key[1] = 'x';
	assert_wrong(large.p, large.len, 0,
	    "line 301, column 6: a key in quotes should be here");
	key[1] = '"';
	for (n = 0; n < large.len; n++)
		if (large.p[n] == '\n')
			large.p[n] = ' ';
	key[7] = 'x';
	{
		char want[100];
		size_t column = 1;

		for (n = 0; large.p + n < key + 7; n++)
			column += ((unsigned char)large.p[n] & 0xc0) != 0x80;
		snprintf(want, sizeof(want),
		    "line 1, column %zu: a value should begin here", column);
		assert_wrong(large.p, large.len, 0, want);
	}
	gv_buf_release(&large);
}

/* Of every document all beginnings: what is short is refused, whole or not. */
static void
what_is_cut_off_is_refused(void **state)
{
	static const char text[] =
	    "{\"a\\n\": [1.5e3, true, \"\\u00e4\xc3\xa4\"]"
	    ", \"b\": {\"c\": null}}";
	size_t n;

	(void)state;
	for (n = 0; n + 1 < sizeof(text); n++) {
		struct trial t = {
			.text = text, .len = n, .deep = 2, .step = n % 3
		};

		run(&t);
		assert_int_equal(t.r, GV_EREFUSED);
		release(&t);
	}
}

/* A piece of every size, a number or a text, with as much room and a byte less.
 */
static void
assert_fits(size_t size, bool is_text)
{
	char text[200];
	const int blanks = (int)size - 4;
	struct trial t = { .text = text, .deep = 2, .step = size % 4 };

	t.len = (size_t)snprintf(text, sizeof(text),
	    is_text ? "[1,%*s\"2\",3]" : "[1,%*s222,3]", blanks, "");
	t.max = size;
	run(&t);
	assert_int_equal(t.r, 0);
	release(&t);
	t = (struct trial){ .text = text, .deep = 2, .step = size % 4 };
	t.len = strlen(text);
	t.max = size - 1;
	run(&t);
	assert_int_equal(t.r, GV_EREFUSED);
	assert_message("a value here is too large");
	release(&t);
}

static void
a_piece_that_is_too_large_is_refused(void **state)
{
	struct gv_buf large = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 4; i < 120; i++) {
		assert_fits(i, false);
		assert_fits(i, true);
	}
	assert_wrong("[1,   22222222,3]", 17, 11,
	    "line 1, column 7: a value here is too large");
	assert_wrong("[1,   22222222,3]", 17, 3,
	    "line 1, column 7: a value here is too large");
	make_large(&large, 60);
	assert_wrong(large.p, large.len, 600000,
	    "line 52, column 5: a value here is too large");
	gv_buf_release(&large);
}

static void
what_read_says_is_returned(void **state)
{
	struct trial t = {
		.text = "[1,2", .len = 4, .deep = 1, .fails = GV_ENOTFOUND
	};

	(void)state;
	run(&t);
	assert_int_equal(t.r, GV_ENOTFOUND);
	/* but no byte is lost */
	assert_int_equal(t.told, 4);
	release(&t);
}

static void
nobody_has_to_be_asked(void **state)
{
	struct trial t = { .text = "[1,[2]]", .len = 7 };
	struct gv_jsontext_source source = {
		.read = read_some, .enter = NULL, .ctx = &t, .max = 0
	};
	struct gv_jsonstream *s = NULL;
	struct gv_jsontext_piece piece;

	(void)state;
	gv_jsonstream_free(NULL);
	assert_int_equal(gv_jsonstream_new(&s, &source), 0);
	assert_int_equal(gv_jsonstream_next(s, &piece), 1);
	assert_int_equal(piece.kind, GV_JSONTEXT_PIECE_VALUE);
	assert_int_equal(piece.token.len, 7);
	/* in the middle of a document, too */
	gv_jsonstream_free(s);
}

UNIT(jsonstream)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_gone_into_is_cut),
		cmocka_unit_test(one_value_is_a_document),
		cmocka_unit_test(a_character_may_be_cut_anywhere),
		cmocka_unit_test(no_more_levels_than_said_are_gone_into),
		cmocka_unit_test(
		    a_large_document_is_cut_the_same_however_it_is_read),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(what_is_cut_off_is_refused),
		cmocka_unit_test(a_piece_that_is_too_large_is_refused),
		cmocka_unit_test(what_read_says_is_returned),
		cmocka_unit_test(nobody_has_to_be_asked),
	};

	return UNIT_RUN(tests);
}

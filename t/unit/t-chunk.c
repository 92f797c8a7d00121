/* lib/object/chunk: cuts hang on the content alone, trees and pointers are read
 * as they were written, and what is neither is refused. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "repo/hash.h"
#include "unit/sandbox.h"

#define LEN ((size_t)8 << 20)

/* Bytes that look random. */
static unsigned char *
make(size_t len, uint64_t seed)
{
	unsigned char *p = malloc(len);
	size_t i;

	assert_non_null(p);
	for (i = 0; i < len; i++)
		p[i] = (unsigned char)(next_number(&seed) >> 7);
	return p;
}

struct cuts {
	size_t *ends;
	size_t n;
};

static struct cuts
cut_all(const unsigned char *p, size_t len)
{
	struct cuts c = { calloc(len / GV_CHUNK_MIN + 2, sizeof(size_t)), 0 };
	size_t at = 0;

	assert_non_null(c.ends);
	while (at < len) {
		at += gv_chunk_cut(p + at, len - at);
		c.ends[c.n++] = at;
	}
	assert_int_equal(at, len);
	return c;
}

static void
the_table_is_made_by_its_rule(void **state)
{
	uint64_t s = 0, z;
	const char *p;
	size_t i;

	(void)state;
	for (p = "git-vaul"; *p; p++)
		s = s << 8 | (unsigned char)*p;
	for (i = 0; i < 256; i++) {
		z = s += UINT64_C(0x9e3779b97f4a7c15);
		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		assert_true(gv_chunk_gear[i] == (z ^ z >> 31));
	}
}

static void
chunks_keep_their_bounds(void **state)
{
	unsigned char *p = make(LEN, 1);
	struct cuts c = cut_all(p, LEN);
	size_t i, len, last = 0, average = LEN / c.n;

	(void)state;
	for (i = 0; i < c.n; i++) {
		len = c.ends[i] - last;
		last = c.ends[i];
		assert_true(len <= GV_CHUNK_MAX);
		assert_true(len > GV_CHUNK_MIN || i + 1 == c.n);
	}
	assert_true(average > GV_CHUNK_AVG / 2 && average < GV_CHUNK_AVG * 2);
	memset(p, 0, LEN);
	assert_int_equal(gv_chunk_cut(p, LEN), GV_CHUNK_MAX);
	assert_int_equal(gv_chunk_cut(p, 0), 0);
	assert_int_equal(gv_chunk_cut(p, 1), 1);
	assert_int_equal(gv_chunk_cut(p, GV_CHUNK_MIN), GV_CHUNK_MIN);
	free(c.ends);
	free(p);
}

/* What stands behind a chunk says nothing about where it ends. */
static void
a_cut_hangs_on_what_comes_before_it(void **state)
{
	unsigned char *p = make(LEN, 2);
	size_t n = gv_chunk_cut(p, LEN), i;

	(void)state;
	assert_true(n < GV_CHUNK_MAX);
	for (i = n; i < LEN; i++)
		p[i] ^= 0xff;
	assert_int_equal(gv_chunk_cut(p, LEN), n);
	assert_int_equal(gv_chunk_cut(p, GV_CHUNK_MAX), n);
	assert_int_equal(gv_chunk_cut(p, n), n);
	free(p);
}

/* How many of the cuts of `b` are cuts of `a`, `shift` bytes on. */
static size_t
common(const struct cuts *a, const struct cuts *b, size_t shift)
{
	size_t i, j = 0, n = 0;

	for (i = 0; i < b->n; i++) {
		while (j < a->n && a->ends[j] + shift < b->ends[i])
			j++;
		n += j < a->n && a->ends[j] + shift == b->ends[i];
	}
	return n;
}

static void
an_insertion_moves_few_cuts(void **state)
{
	static const size_t sizes[] = { 1, 7, 4096, 100000 };
	unsigned char *p = make(LEN, 3), *q = malloc(LEN + 100000);
	struct cuts before = cut_all(p, LEN), after;
	size_t i, at = LEN / 3;

	(void)state;
	assert_non_null(q);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		memcpy(q, p, at);
		memset(q + at, 'x', sizes[i]);
		memcpy(q + at + sizes[i], p + at, LEN - at);
		after = cut_all(q, LEN + sizes[i]);
		assert_true(common(&before, &after, 0) +
			common(&before, &after, sizes[i]) + 6 >
		    before.n);
		free(after.ends);
	}
	free(before.ends);
	free(q);
	free(p);
}

/* The same bytes, the same cuts, in every version: stored chunks are found
 * again only then. */
static void
the_rule_has_not_changed(void **state)
{
	unsigned char *p = make(LEN, 4);
	struct cuts c = cut_all(p, LEN);
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid id;
	char hex[GV_OID_HEX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < c.n; i++)
		gv_buf_addf(&text, "%zu\n", c.ends[i]);
	assert_int_equal(gv_oid_of(&id, GV_OTYPE_BLOB, text.p, text.len), 0);
	gv_oid_format(hex, &id);
	assert_string_equal(hex, "8a1bd476e1fec47e85c434824aa54c607bb870f0");
	gv_buf_release(&text);
	free(c.ends);
	free(p);
}

static void
a_hole_has_the_name_of_its_zeros(void **state)
{
	unsigned char *p = calloc(1, (size_t)GV_CHUNK_HOLE);
	struct gv_oid id;

	(void)state;
	assert_non_null(p);
	assert_int_equal(
	    gv_oid_of(&id, GV_OTYPE_BLOB, p, (size_t)GV_CHUNK_HOLE), 0);
	assert_true(gv_oid_equal(&id, &gv_chunk_hole));
	assert_true(GV_CHUNK_HOLE > GV_CHUNK_MAX);
	free(p);
}

/* --- pointers --- */

#define DIGITS                                                                 \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TREE "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

static void
a_pointer_comes_back(void **state)
{
	static const char want[] =
	    "git-vault chunks 1\nsize 123\nsha256 " DIGITS "\ntree " TREE "\n";
	struct gv_chunk_pointer p, q;
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_chunk_pointer_read(&p, want, sizeof(want)), 0);
	assert_true(p.size == 123 && !p.has_holes);
	gv_chunk_pointer_write(&b, &p);
	assert_int_equal(b.len, sizeof(want));
	assert_memory_equal(b.p, want, sizeof(want));
	p.size = UINT64_MAX;
	p.has_holes = true;
	gv_buf_reset(&b);
	gv_chunk_pointer_write(&b, &p);
	assert_int_equal(gv_chunk_pointer_read(&q, b.p, b.len), 0);
	assert_true(q.size == UINT64_MAX && q.has_holes);
	gv_buf_release(&b);
}

static void
what_is_no_pointer_is_refused(void **state)
{
	static const char *const bad[] = { "", "git-vault chunks 1\n",
		"git-vault chunks 2\nsize 1\nsha256 " DIGITS "\ntree " TREE
		"\n",
		"git-vault chunks 1\nsize 01\nsha256 " DIGITS "\ntree " TREE
		"\n",
		"git-vault chunks 1\nsize x\nsha256 " DIGITS "\ntree " TREE
		"\n",
		"git-vault chunks 1\nsize 1\nsha256 0" DIGITS "\ntree " TREE
		"\n",
		"git-vault chunks 1\nsize 1\nsha256 " DIGITS "\ntree " TREE
		"0\n",
		"git-vault chunks 1\nsize 99999999999999999999\nsha256 " DIGITS
		"\ntree " TREE "\n",
		"git-vault chunks 1\nsize 1\nsha256 " DIGITS "\ntree " TREE };
	static const char good[] =
	    "git-vault chunks 1\nsize 1\nsha256 " DIGITS "\ntree " TREE "\n";
	struct gv_chunk_pointer p = { .size = 7 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(
		    gv_chunk_pointer_read(&p, bad[i], strlen(bad[i]) + 1),
		    GV_ECORRUPT);
	for (i = 0; i < sizeof(good); i++)
		assert_int_equal(
		    gv_chunk_pointer_read(&p, good, i), GV_ECORRUPT);
	assert_true(p.size == 7);
}

/* --- trees --- */

/* Names that are all different; `from` on. */
static void
build(struct gv_oid *out, struct gv_pack_lane *lane, unsigned from, unsigned n,
    unsigned skip)
{
	struct gv_chunk_tree t = GV_CHUNK_TREE_INIT;
	struct gv_oid id;
	char text[16];
	int len;

	for (; n > 0; n--, from++) {
		if (from == skip)
			continue;
		len = snprintf(text, sizeof(text), "%u", from);
		assert_int_equal(
		    gv_oid_of(&id, GV_OTYPE_BLOB, text, (size_t)len), 0);
		assert_int_equal(gv_chunk_tree_add(&t, lane, &id), 0);
	}
	assert_int_equal(gv_chunk_tree_finish(&t, lane, out), 0);
	gv_chunk_tree_release(&t);
}

struct count {
	unsigned n, next;
};

static int
take_name(void *ctx, const struct gv_oid *id)
{
	struct count *c = ctx;
	struct gv_oid want;
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", c->next++);

	assert_int_equal(gv_oid_of(&want, GV_OTYPE_BLOB, text, (size_t)len), 0);
	assert_true(gv_oid_equal(id, &want));
	c->n++;
	return 0;
}

static struct gv_odb *
pack_of(struct sandbox *s, void (*fill)(struct gv_pack_lane *lane, void *ctx),
    void *ctx)
{
	struct gv_pack_opts opts = { .objects_dir = s->repo.objects_dir,
		.no_sync = true };
	struct gv_pack_result result;
	struct gv_pack_lane *lane;
	struct gv_pack *pack;
	struct gv_odb *odb;

	assert_int_equal(gv_pack_open(&pack, &opts), 0);
	assert_int_equal(gv_pack_lane_open(&lane, pack), 0);
	fill(lane, ctx);
	assert_int_equal(gv_pack_lane_close(lane), 0);
	assert_int_equal(gv_pack_finish(pack, &result), 0);
	gv_pack_unkeep(pack);
	gv_pack_free(pack);
	assert_int_equal(gv_odb_open(&odb, &s->repo), 0);
	return odb;
}

static void
fill_two(struct gv_pack_lane *lane, void *ctx)
{
	struct gv_oid *trees = ctx, same;

	build(&trees[0], lane, 0, 5000, UINT32_MAX);
	build(&trees[1], lane, 0, 5000, 17);
	build(&same, NULL, 0, 5000, UINT32_MAX);
	assert_true(gv_oid_equal(&same, &trees[0]));
}

static void
a_tree_gives_its_chunks_in_order(void **state)
{
	struct sandbox *s = *state;
	struct gv_oid trees[2];
	struct gv_odb *odb = pack_of(s, fill_two, trees);
	struct count c = { 0, 0 };
	char a[GV_OID_HEX + 1], b[GV_OID_HEX + 1];
	int total, shared;

	assert_int_equal(gv_chunk_each(odb, &trees[0], take_name, &c), 0);
	assert_int_equal(c.n, 5000);
	/* git's own order of names is the order of the chunks */
	gv_oid_format(a, &trees[0]);
	gv_oid_format(b, &trees[1]);
	sh(s, "git ls-tree -r %s | wc -l", a);
	assert_int_equal(atoi(s->out.p), 5000);
	total = atoi(sh(s, "git ls-tree %s | wc -l", a));
	shared = atoi(sh(s,
	    "{ git ls-tree %s; git ls-tree %s; } | cut -c13-52 | sort | "
	    "uniq -d | wc -l",
	    a, b));
	/* one chunk gone: one group, and the names in the top */
	assert_true(total > 20 && shared >= total - 3);
	gv_odb_close(odb);
}

static int
count_name(void *ctx, const struct gv_oid *id)
{
	(void)id;
	++*(unsigned *)ctx;
	return 0;
}

static void
a_level_that_is_none_is_refused(void **state)
{
	static const char *const names[] = { "0001", "000", "00000", "0x00" };
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid id = { { 1 } };
	unsigned n = 0;
	size_t i;

	(void)state;
	assert_int_equal(
	    gv_chunk_level("", 0, true, count_name, &n), GV_ECORRUPT);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		gv_buf_reset(&tree);
		gv_tree_add(
		    &tree, GV_MODE_FILE, names[i], strlen(names[i]), &id);
		assert_int_equal(
		    gv_chunk_level(tree.p, tree.len, false, count_name, &n),
		    GV_ECORRUPT);
	}
	gv_buf_reset(&tree);
	gv_tree_add(&tree, GV_MODE_FILE, "0000", 4, &id);
	gv_tree_add(&tree, GV_MODE_FILE, "0002", 4, &id);
	n = 0;
	assert_int_equal(
	    gv_chunk_level(tree.p, tree.len, false, count_name, &n),
	    GV_ECORRUPT);
	assert_int_equal(n, 1);
	assert_int_equal(gv_chunk_level(tree.p, tree.len, true, count_name, &n),
	    GV_ECORRUPT);
	gv_buf_reset(&tree);
	gv_tree_add(&tree, GV_MODE_DIR, "0000", 4, &id);
	assert_int_equal(
	    gv_chunk_level(tree.p, tree.len, false, count_name, &n),
	    GV_ECORRUPT);
	gv_buf_release(&tree);
}

/* --- the whole --- */

struct whole {
	struct gv_oid pointer;
	uint64_t size; /* that it claims */
	bool wrong_digest;
	bool hole; /* one in the middle */
};

static void
fill_whole(struct gv_pack_lane *lane, void *ctx)
{
	struct whole *w = ctx;
	struct gv_chunk_tree t = GV_CHUNK_TREE_INIT;
	struct gv_chunk_pointer p = { .size = w->size, .has_holes = w->hole };
	struct gv_hash_sha256 h;
	struct gv_buf b = GV_BUF_INIT;
	struct gv_oid id;
	unsigned char *zeros = calloc(1, (size_t)GV_CHUNK_HOLE);

	assert_non_null(zeros);
	gv_hash_sha256_init(&h);
	gv_hash_sha256_update(&h, w->wrong_digest ? "onetwO" : "onetwo", 6);
	gv_hash_sha256_finish(&h, p.digest);
	gv_pack_add(lane, &id, GV_OTYPE_BLOB, "one", 3, NULL);
	gv_chunk_tree_add(&t, lane, &id);
	if (w->hole) {
		gv_pack_add(lane, &id, GV_OTYPE_BLOB, zeros,
		    (size_t)GV_CHUNK_HOLE, NULL);
		gv_chunk_tree_add(&t, lane, &id);
	}
	gv_pack_add(lane, &id, GV_OTYPE_BLOB, "two", 3, NULL);
	gv_chunk_tree_add(&t, lane, &id);
	assert_int_equal(gv_chunk_tree_finish(&t, lane, &p.tree), 0);
	gv_chunk_pointer_write(&b, &p);
	assert_int_equal(
	    gv_pack_add(lane, &w->pointer, GV_OTYPE_BLOB, b.p, b.len, NULL), 0);
	gv_buf_release(&b);
	gv_chunk_tree_release(&t);
	free(zeros);
}

struct got {
	char text[32];
	size_t len;
	uint64_t hole;
};

static int
take_bytes(void *ctx, const void *data, size_t len)
{
	struct got *got = ctx;

	if (data == NULL) {
		got->hole += len;
		return 0;
	}
	if (got->len + len > sizeof(got->text))
		return GV_EREFUSED;
	memcpy(got->text + got->len, data, len);
	got->len += len;
	return 0;
}

static int
stream(struct sandbox *s, struct whole *w, struct got *got)
{
	struct gv_odb *odb = pack_of(s, fill_whole, w);
	int r;

	memset(got, 0, sizeof(*got));
	r = gv_chunk_stream(odb, &w->pointer, take_bytes, got);
	gv_odb_close(odb);
	return r;
}

static void
a_stream_gives_bytes_and_holes(void **state)
{
	struct whole w = { .size = 6 };
	struct got got;

	assert_int_equal(stream(*state, &w, &got), 0);
	assert_int_equal(got.len, 6);
	assert_memory_equal(got.text, "onetwo", 6);
	assert_true(got.hole == 0);
	w = (struct whole){ .size = 6 + GV_CHUNK_HOLE, .hole = true };
	assert_int_equal(stream(*state, &w, &got), 0);
	assert_memory_equal(got.text, "onetwo", 6);
	assert_true(got.hole == GV_CHUNK_HOLE);
}

static void
a_stream_that_is_not_the_file_is_damage(void **state)
{
	struct whole w = { .size = 7 };
	struct got got;

	assert_int_equal(stream(*state, &w, &got), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), "6 bytes and not 7"));
	w.size = 5;
	assert_int_equal(stream(*state, &w, &got), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), "more than its size"));
	assert_non_null(strstr(gv_err_message(), "byte 3"));
	w = (struct whole){ .size = 6, .wrong_digest = true };
	assert_int_equal(stream(*state, &w, &got), GV_ECORRUPT);
	assert_non_null(strstr(gv_err_message(), "SHA-256"));
}

struct seen {
	unsigned n;
	struct gv_oid last;
};

static int
see_tree(void *ctx, const struct gv_oid *id, const void *data, size_t len)
{
	struct seen *seen = ctx;
	struct gv_oid real;

	assert_int_equal(gv_oid_of(&real, GV_OTYPE_TREE, data, len), 0);
	assert_true(gv_oid_equal(id, &real));
	seen->last = *id;
	seen->n++;
	return seen->n == 100 ? GV_ECANCELED : 0;
}

static void
every_tree_is_shown_as_it_is_made(void **state)
{
	struct seen seen = { 0 };
	struct gv_chunk_tree t = GV_CHUNK_TREE_INIT;
	struct gv_oid top;
	unsigned i;

	(void)state;
	t.made = see_tree;
	t.made_ctx = &seen;
	/* a hole ends no group before it is full */
	for (i = 0; i < 600; i++)
		assert_int_equal(
		    gv_chunk_tree_add(&t, NULL, &gv_chunk_hole), 0);
	assert_int_equal(seen.n, 1);
	assert_int_equal(gv_chunk_tree_finish(&t, NULL, &top), 0);
	assert_int_equal(seen.n, 3);
	assert_true(gv_oid_equal(&seen.last, &top));
	seen.n = 99;
	gv_chunk_tree_add(&t, NULL, &gv_chunk_hole);
	assert_int_equal(gv_chunk_tree_finish(&t, NULL, &top), GV_ECANCELED);
	gv_chunk_tree_release(&t);
}

UNIT(chunk)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_made_by_its_rule),
		cmocka_unit_test(chunks_keep_their_bounds),
		cmocka_unit_test(a_cut_hangs_on_what_comes_before_it),
		cmocka_unit_test(an_insertion_moves_few_cuts),
		cmocka_unit_test(the_rule_has_not_changed),
		cmocka_unit_test(a_hole_has_the_name_of_its_zeros),
		cmocka_unit_test(a_pointer_comes_back),
		cmocka_unit_test(what_is_no_pointer_is_refused),
		cmocka_unit_test_setup_teardown(
		    a_tree_gives_its_chunks_in_order, sandbox_setup,
		    sandbox_teardown),
		cmocka_unit_test(every_tree_is_shown_as_it_is_made),
		cmocka_unit_test(a_level_that_is_none_is_refused),
		cmocka_unit_test_setup_teardown(a_stream_gives_bytes_and_holes,
		    sandbox_setup, sandbox_teardown),
		cmocka_unit_test_setup_teardown(
		    a_stream_that_is_not_the_file_is_damage, sandbox_setup,
		    sandbox_teardown),
	};

	return UNIT_RUN(tests);
}

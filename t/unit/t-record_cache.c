#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "scratch.h"
#include "record/record_cache.h"
#include "record/record_parse.h"
#include "repo/ref.h"
#include "repo/repo.h"

#define HEADERS                                                                \
	"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"                      \
	"parent 1111111111111111111111111111111111111111\n"                    \
	"author A U Thor <author@example.com> 1112911993 -0700\n"              \
	"committer C O Mitter <c@example.com> 1795158764 +0000\n"

#define BARE                                                                   \
	HEADERS "\nsubject\n\nVault-Format: 1\n"                               \
		"Vault-Id: 20261120T071244Z-0123abcd\n"

#define FULL                                                                   \
	HEADERS                                                                \
	"\nbefore\n\ntwo\n\nlines\n\nVault-Format: 2\n"                        \
	"Vault-Id: 20261120T071245Z-0123abce\nVault-Host: \"\"\n"              \
	"Vault-Trigger: hook\nVault-Branch: main\n"                            \
	"Vault-Previous: 20261120T071244Z-0123abcd\n"                          \
	"Vault-Tag: one\nVault-Tag: two\nVault-Tag: three\nVault-Env: prod\n"  \
	"Vault-Nested: 20261120T071244Z-0123abcd "                             \
	"2222222222222222222222222222222222222222 a/b\n"                       \
	"Vault-Files: 7\nVault-Bytes: 5000000000\nVault-Secrets: 3\n"          \
	"Vault-Unread: 300\n"

static struct gv_record
record(const char *commit, unsigned char name)
{
	struct gv_record rec;

	assert_int_equal(gv_record_parse(&rec, commit, strlen(commit)), 0);
	memset(rec.commit.id, name, GV_OID_RAW);
	memset(rec.tree.id, name + 1, GV_OID_RAW);
	memset(rec.meta.id, name + 2, GV_OID_RAW);
	return rec;
}

/* The file of these two. */
static void
write_two(struct gv_buf *out, struct gv_record *bare, struct gv_record *full)
{
	struct gv_record_cache c = GV_RECORD_CACHE_INIT;

	*bare = record(BARE, 0x80);
	*full = record(FULL, 0x10);
	assert_int_equal(gv_record_cache_add(&c, bare), 0);
	assert_int_equal(gv_record_cache_add(&c, full), 0);
	gv_table_format(out, &c.table, NULL, NULL);
	assert_int_equal(gv_buf_check(out), 0);
	gv_record_cache_release(&c);
}

static void
assert_same(const char *a, const char *b)
{
	assert_true((a == NULL) == (b == NULL));
	if (a)
		assert_string_equal(a, b);
}

static void
assert_same_list(char **a, size_t n_a, char **b, size_t n_b)
{
	size_t i;

	assert_int_equal(n_a, n_b);
	for (i = 0; i < n_a; i++)
		assert_string_equal(a[i], b[i]);
}

static void
assert_equal(const struct gv_record *a, const struct gv_record *b)
{
	assert_string_equal(a->id, b->id);
	assert_true(gv_oid_equal(&a->commit, &b->commit));
	assert_true(gv_oid_equal(&a->root, &b->root));
	assert_true(gv_oid_equal(&a->tree, &b->tree));
	assert_true(gv_oid_equal(&a->index, &b->index));
	assert_true(gv_oid_equal(&a->meta, &b->meta));
	assert_true(gv_oid_equal(&a->base, &b->base));
	assert_true(a->time == b->time);
	assert_same(a->author, b->author);
	assert_same(a->subject, b->subject);
	assert_same(a->body, b->body);
	assert_same(a->host, b->host);
	assert_same(a->trigger, b->trigger);
	assert_same(a->branch, b->branch);
	assert_same(a->previous, b->previous);
	assert_same_list(a->tags, a->n_tags, b->tags, b->n_tags);
	assert_int_equal(a->n_own_tags, b->n_own_tags);
	assert_same_list(a->environments, a->n_environments, b->environments,
	    b->n_environments);
	assert_same_list(a->nested, a->n_nested, b->nested, b->n_nested);
	assert_true(a->files == b->files && a->bytes == b->bytes &&
	    a->secrets == b->secrets && a->format == b->format);
	assert_true(!b->pinned && b->pin_reason == NULL && b->pin_time == 0);
}

static void
gives_back_what_a_commit_said(void **state)
{
	struct gv_record_cache c = GV_RECORD_CACHE_INIT;
	struct gv_record bare, full, back;
	struct gv_oid none = { { 0x7f } };
	struct gv_buf file = GV_BUF_INIT;

	(void)state;
	write_two(&file, &bare, &full);
	assert_int_equal(gv_table_parse(&c.table, file.p, file.len), 0);
	assert_int_equal(c.table.n, 2);
	assert_int_equal(gv_record_cache_get(&c, &back, &bare.commit), 1);
	assert_equal(&bare, &back);
	gv_record_release(&back);
	assert_int_equal(gv_record_cache_get(&c, &back, &full.commit), 1);
	assert_equal(&full, &back);
	gv_record_release(&back);
	assert_int_equal(gv_record_cache_get(&c, &back, &none), 0);
	gv_record_release(&bare);
	gv_record_release(&full);
	gv_record_cache_release(&c);
	gv_record_cache_release(NULL);
	gv_buf_release(&file);
}

/* What was said of a snapshot later is no part of its commit. */
static void
keeps_no_marks(void **state)
{
	struct gv_record_cache c = GV_RECORD_CACHE_INIT;
	struct gv_record full = record(FULL, 0x10), marked, back;
	struct gv_oid commit = full.commit;
	struct gv_buf file = GV_BUF_INIT;

	(void)state;
	marked = full;
	marked.n_own_tags = 2;
	marked.pinned = true;
	marked.pin_time = 1;
	assert_int_equal(gv_record_cache_add(&c, &marked), 0);
	gv_table_format(&file, &c.table, NULL, NULL);
	assert_int_equal(gv_table_parse(&c.table, file.p, file.len), 0);
	assert_int_equal(gv_record_cache_get(&c, &back, &commit), 1);
	assert_int_equal(back.n_tags, 2);
	assert_int_equal(back.n_own_tags, 2);
	assert_true(!back.pinned && back.pin_time == 0);
	gv_record_release(&back);
	gv_record_release(&full);
	gv_record_cache_release(&c);
	gv_buf_release(&file);
}

static void
save(struct gv_record_cache *c, struct gv_ref *refs, size_t n)
{
	char top[] = ".";
	const struct gv_repo here = { .common_dir = top };
	const struct gv_refs all = { .refs = refs, .n = n };

	gv_record_cache_save(c, &here, &all);
	gv_record_cache_release(c);
	assert_int_equal(gv_record_cache_load(c, &here), 0);
}

/* It is written where that is worth it, and what is not asked for is not. */
static void
is_written_for_the_commits_that_are_left(void **state)
{
	struct gv_record_cache c = GV_RECORD_CACHE_INIT;
	struct gv_record bare = record(BARE, 0), back;
	struct gv_ref refs[40] = { { .name = NULL } };
	unsigned i;

	(void)state;
	sh("mkdir vault");
	for (i = 0; i < 40; i++) {
		/* in no order, and one of them twice */
		refs[i].oid.id[0] = bare.commit.id[0] =
		    (unsigned char)(i == 39 ? 0 : i * 7);
		assert_int_equal(gv_record_cache_add(&c, &bare), 0);
		if (i == 30) {
			save(&c, refs, 31);
			assert_int_equal(c.n, 0);
		}
	}
	for (i = 0; i < 40; i++) {
		bare.commit = refs[i].oid;
		assert_int_equal(gv_record_cache_add(&c, &bare), 0);
	}
	save(&c, refs, 40);
	assert_int_equal(c.n, 39);
	save(&c, refs + 4, 4);
	assert_int_equal(c.n, 39);
	save(&c, refs + 4, 3);
	assert_int_equal(c.n, 3);
	assert_int_equal(gv_record_cache_get(&c, &back, &refs[5].oid), 1);
	bare.commit = refs[5].oid;
	assert_equal(&bare, &back);
	gv_record_release(&back);
	assert_int_equal(gv_record_cache_get(&c, &back, &refs[7].oid), 0);
	gv_record_release(&bare);
	gv_record_cache_release(&c);
}

UNIT(record_cache)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_a_commit_said),
		cmocka_unit_test(keeps_no_marks),
		SCRATCH_TEST(is_written_for_the_commits_that_are_left),
	};

	return UNIT_RUN(tests);
}

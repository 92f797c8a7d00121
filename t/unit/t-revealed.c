/* lib/view/given: with the key, a file of a snapshot comes back as it was;
 * without it, with placeholders. A file that does not fit is refused; damage is
 * told apart from a missing key. */
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "scratch.h"
#include "audit/audit.h"
#include "key/keyfile.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "record/record.h"
#include "repo/hash.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "seal/withheld.h"
#include "unit/locked.h"
#include "unit/people.h"
#include "view/revealed.h"

#define LARGE ((size_t)300000) /* sealed in chunks */
#define WIDE  ((size_t)150000) /* on either side of a value */

static const char conf[] = "a=alpha;b=beta\n";
static char large[LARGE], wide[2 * WIDE + 5];

/* A repository with a snapshot's list, and the files it speaks of. */
struct scene {
	void *scratch;
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct gv_safe *safe;
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_safe_writer *writer;
	struct gv_withheld list;
	struct gv_buf text; /* of the file that is made */
	struct gv_oid conf, key, wide;
	struct gv_record rec;
	/* and of the test */
	struct gv_revealed *given;
	struct gv_revealed_reader *reader;
	struct gv_revealed_left left;
	struct gv_revealed_stood stood[2];
	struct gv_buf out;
	int fails; /* what the sink returns after that; 0: it takes all */
};

static void
open_safe(struct scene *s, const char *identity)
{
	const struct gv_safe_opts opts = { .now = 1795158764,
		.made = gv_audit_tell_made,
		.identities = identity ? &identity : NULL,
		.n_identities = identity != NULL };

	fine(gv_repo_open(&s->repo, 0));
	fine(gv_repo_odb(s->repo, &s->odb));
	fine(gv_safe_open(&s->safe, s->repo, &opts));
}

static void
close_safe(struct scene *s)
{
	gv_revealed_reader_free(s->reader);
	s->reader = NULL;
	gv_safe_close(s->safe);
	gv_repo_close(s->repo);
}

/* ---- the snapshot ---- */

/* A value of the file `path`, taken out at the end of what there is of it. */
static void
withhold(struct scene *s, const char *path, const char *scope,
    const void *value, size_t len)
{
	bool is_all = strcmp(path, "key") == 0;
	struct gv_withheld_entry e = { .kind = is_all ? GV_WITHHELD_FILE
						      : GV_WITHHELD_SPAN,
		.place = { .at = s->text.len, .rule = is_all ? "file" : "pw" },
		.scope = scope,
		.path = path,
		.path_len = strlen(path) };
	char text[GV_REDACT_MAX];

	fine(gv_safe_put(s->writer, &e.place.id, scope, value, len));
	fine(gv_safe_find(&e.object, s->safe, scope, &e.place.id));
	e.place.len = gv_redact_placeholder(text, e.place.rule, &e.place.id);
	gv_buf_add(&s->text, text, (size_t)e.place.len);
	fine(gv_withheld_add(&s->list, &e));
}

static void
add_object(struct scene *s, struct gv_oid *id, enum gv_otype type,
    struct gv_buf *bytes)
{
	fine(gv_buf_check(bytes));
	fine(gv_pack_add(s->lane, id, type, bytes->p, bytes->len, NULL));
	gv_buf_reset(bytes);
}

/* The text as a file in chunks. */
static void
add_chunked(struct scene *s, struct gv_oid *id)
{
	struct gv_chunk_tree tree = GV_CHUNK_TREE_INIT;
	struct gv_chunk_pointer p = { .size = s->text.len };
	struct gv_hash_sha256 sum;
	struct gv_oid chunk;
	size_t at = 0, n;

	gv_hash_sha256_init(&sum);
	gv_hash_sha256_update(&sum, s->text.p, s->text.len);
	gv_hash_sha256_finish(&sum, p.digest);
	for (; at < s->text.len; at += n) {
		n = gv_chunk_cut(
		    (unsigned char *)s->text.p + at, s->text.len - at);
		fine(gv_pack_add(
		    s->lane, &chunk, GV_OTYPE_BLOB, s->text.p + at, n, NULL));
		fine(gv_chunk_tree_add(&tree, s->lane, &chunk));
	}
	fine(gv_chunk_tree_finish(&tree, s->lane, &p.tree));
	gv_chunk_tree_release(&tree);
	gv_buf_reset(&s->text);
	gv_chunk_pointer_write(&s->text, &p);
	add_object(s, id, GV_OTYPE_BLOB, &s->text);
}

static void
add_files(struct scene *s)
{
	gv_buf_addstr(&s->text, "a=");
	withhold(s, "conf", "prod", "alpha", 5);
	gv_buf_addstr(&s->text, ";b=");
	withhold(s, "conf", "shared", "beta", 4);
	gv_buf_addstr(&s->text, "\n");
	add_object(s, &s->conf, GV_OTYPE_BLOB, &s->text);
	withhold(s, "key", "prod", large, LARGE);
	add_object(s, &s->key, GV_OTYPE_BLOB, &s->text);
	gv_buf_add(&s->text, wide, WIDE);
	withhold(s, "wide", "shared", wide + WIDE, 5);
	gv_buf_add(&s->text, wide + WIDE + 5, WIDE);
	add_chunked(s, &s->wide);
}

/* A meta/ of one file; NULL: of none. */
static void
add_meta(struct scene *s, const char *name, const struct gv_buf *text)
{
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid id;

	if (name) {
		fine(gv_pack_add(
		    s->lane, &id, GV_OTYPE_BLOB, text->p, text->len, NULL));
		gv_buf_addf(&tree, "100644 %s", name);
		gv_buf_addch(&tree, '\0');
		gv_buf_add(&tree, id.id, sizeof(id.id));
	}
	add_object(s, &s->rec.meta, GV_OTYPE_TREE, &tree);
	gv_buf_release(&tree);
}

static void
open_pack(struct scene *s)
{
	const struct gv_pack_opts opts = { .objects_dir = s->repo->objects_dir,
		.odb = s->odb,
		.no_sync = true };

	fine(gv_pack_open(&s->pack, &opts));
	fine(gv_pack_lane_open(&s->lane, s->pack));
}

static void
close_pack(struct scene *s)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_pack_result result;

	fine(gv_safe_publish(s->safe, s->lane, &tx));
	fine(gv_pack_lane_close(s->lane));
	fine(gv_pack_finish(s->pack, &result));
	if (tx.lines.len)
		fine(gv_ref_commit(&tx, s->repo));
	gv_ref_tx_release(&tx);
	gv_pack_unkeep(s->pack);
	gv_pack_free(s->pack);
}

/* Another list in the place of the snapshot's. */
static void
list_is(struct scene *s, const char *name, const struct gv_buf *text)
{
	open_safe(s, NULL);
	open_pack(s);
	add_meta(s, name, text);
	close_pack(s);
	close_safe(s);
}

static void
take(struct scene *s)
{
	struct gv_buf text = GV_BUF_INIT;

	open_safe(s, NULL);
	fine(gv_safe_prepare(s->safe));
	open_pack(s);
	fine(gv_safe_writer_new(&s->writer, s->safe, s->lane));
	add_files(s);
	gv_safe_writer_free(s->writer);
	s->rec.secrets = s->list.n;
	fine(gv_withheld_write(&text, &s->list));
	add_meta(s, GV_REVEALED_LIST, &text);
	close_pack(s);
	close_safe(s);
	gv_buf_release(&text);
}

static struct scene scene;

static int
enter(void **state)
{
	struct scene *s = &scene;
	size_t i;

	memset(s, 0, sizeof(*s));
	s->list = (struct gv_withheld)GV_WITHHELD_INIT;
	s->text = s->out = (struct gv_buf)GV_BUF_INIT;
	if (scratch_enter(&s->scratch) < 0 || people_enter(NULL) < 0)
		return -1;
	*state = s->scratch;
	unsetenv("GIT_VAULT_IDENTITY");
	unsetenv("GIT_VAULT_ID_KEY");
	for (i = 0; i < LARGE; i++)
		large[i] = (char)(i * 2654435761u >> 11);
	memset(wide, 'w', sizeof(wide));
	memcpy(wide + WIDE, "gamma", 5);
	sh("git init -q r && cd r && git commit -q --allow-empty -m one");
	scratch_chdir("r");
	fine(gv_keyfile_write("../bob", &people[BOB].id, 1795158764, NULL));
	take(s);
	return 0;
}

static int
leave(void **state)
{
	struct scene *s = &scene;

	gv_revealed_free(s->given);
	gv_withheld_release(&s->list);
	gv_buf_release(&s->text);
	gv_buf_release(&s->out);
	people_leave(state);
	return scratch_leave(state) || locked_all_back(state);
}

/* ---- looking ---- */

static int
load(struct scene *s)
{
	int r;

	gv_revealed_free(s->given);
	s->given = NULL;
	gv_err_set_message(NULL);
	fine(gv_repo_open(&s->repo, 0));
	fine(gv_repo_odb(s->repo, &s->odb));
	r = gv_revealed_load(&s->given, s->odb, &s->rec, GV_REVEALED_TREE);
	gv_repo_close(s->repo);
	return r;
}

static int
put(void *ctx, const void *data, size_t len)
{
	struct scene *s = ctx;

	gv_buf_add(&s->out, data, len);
	return s->fails;
}

static int
stream(struct scene *s, const char *path, const struct gv_oid *oid)
{
	struct gv_revealed_what what = { .file = gv_revealed_find(
					     s->given, path, strlen(path)),
		.oid = *oid,
		.is_chunked = strcmp(path, "wide") == 0,
		.stood = s->stood };

	assert_non_null(what.file);
	assert_true(what.file->n <= 2);
	gv_buf_reset(&s->out);
	gv_err_set_message(NULL);
	return gv_revealed_stream(&s->left, s->reader, &what, put, s);
}

/* As the next command would; with "" as identity nothing is opened. */
static int
give(struct scene *s, const char *identity, const char *path,
    const struct gv_oid *oid)
{
	int r;

	if (s->given == NULL)
		fine(load(s));
	open_safe(s, identity && *identity ? identity : NULL);
	fine(gv_revealed_reader_new(&s->reader, s->odb,
	    identity && *identity == '\0' ? NULL : s->safe));
	r = stream(s, path, oid);
	close_safe(s);
	return r;
}

static void
is_given(struct scene *s, const void *data, size_t len)
{
	assert_int_equal(s->out.len, len);
	assert_memory_equal(s->out.p, data, len);
}

/* What is told to stand in a place begins so, and is all of it. */
static void
stands(const struct scene *s, size_t i, const char *text, bool is_left)
{
	const struct gv_revealed_stood *stood = &s->stood[i];

	assert_int_equal(stood->is_left, is_left);
	assert_true(stood->at + stood->len <= s->out.len);
	assert_memory_equal(s->out.p + stood->at, text, strlen(text));
	if (is_left)
		assert_int_equal(s->out.p[stood->at + stood->len - 1], ']');
	else
		assert_int_equal(stood->len, strlen(text));
}

/* ---- the list ---- */

static void
files_are_found_by_path_and_in_order(void **state)
{
	struct scene *s = &scene;
	const struct gv_revealed_file *f;

	(void)state;
	fine(load(s));
	assert_int_equal(gv_revealed_count(s->given), 4);
	f = gv_revealed_find(s->given, "conf", 4);
	assert_ptr_equal(f, gv_revealed_at(s->given, 0));
	assert_int_equal(f->n, 2);
	assert_string_equal(f->entries[0].scope, "prod");
	assert_string_equal(f->entries[1].scope, "shared");
	assert_int_equal(f->places[0].at, 2);
	assert_true(f->places[1].at > f->places[0].at + f->places[0].len);
	assert_ptr_equal(
	    gv_revealed_find(s->given, "key", 3), gv_revealed_at(s->given, 1));
	assert_ptr_equal(
	    gv_revealed_find(s->given, "wide", 4), gv_revealed_at(s->given, 2));
	assert_null(gv_revealed_at(s->given, 3));
	assert_null(gv_revealed_find(s->given, "con", 3));
	assert_null(gv_revealed_find(s->given, "confs", 5));
}

static void
of_nothing_there_is_nothing(void **state)
{
	struct scene *s = &scene;

	(void)state;
	assert_null(gv_revealed_find(NULL, "conf", 4));
	assert_null(gv_revealed_at(NULL, 0));
	assert_int_equal(gv_revealed_count(NULL), 0);
	gv_revealed_free(NULL);
	gv_revealed_reader_free(NULL);
	list_is(s, NULL, NULL);
	s->rec.secrets = 0;
	fine(load(s));
	assert_null(s->given);
}

static void
a_list_that_is_gone_or_too_short_or_damaged_is_refused(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct scene *s = &scene;

	(void)state;
	s->rec.secrets = 5;
	assert_int_equal(load(s), GV_ECORRUPT);
	assert_message("has 4 places");
	assert_message("names 5");
	list_is(s, NULL, NULL);
	assert_int_equal(load(s), GV_ECORRUPT);
	assert_message("meta/secrets is missing");
	fine(gv_withheld_write(&text, &s->list));
	gv_buf_truncate(&text, text.len - 1);
	s->rec.secrets = 4;
	list_is(s, GV_REVEALED_LIST, &text);
	assert_int_equal(load(s), GV_ECORRUPT);
	assert_null(s->given);
	gv_buf_release(&text);
}

static void
the_list_of_the_index_is_its_own(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct scene *s = &scene;

	(void)state;
	fine(gv_withheld_write(&text, &s->list));
	list_is(s, GV_REVEALED_INDEX_LIST, &text);
	assert_int_equal(load(s), GV_ECORRUPT);
	fine(gv_repo_open(&s->repo, 0));
	fine(gv_repo_odb(s->repo, &s->odb));
	fine(gv_revealed_load(&s->given, s->odb, &s->rec, GV_REVEALED_INDEX));
	gv_repo_close(s->repo);
	assert_int_equal(gv_revealed_count(s->given), 4);
	gv_buf_release(&text);
}

/* ---- the bytes ---- */

static void
who_has_the_key_gets_all_of_it(void **state)
{
	struct scene *s = &scene;

	(void)state;
	fine(give(s, NULL, "conf", &s->conf));
	is_given(s, conf, strlen(conf));
	stands(s, 0, "alpha", false);
	stands(s, 1, "beta", false);
	assert_int_equal(s->stood[1].at, strlen("a=alpha;b="));
	fine(give(s, NULL, "key", &s->key));
	is_given(s, large, LARGE);
	assert_int_equal(s->stood[0].at, 0);
	assert_int_equal(s->stood[0].len, LARGE);
	fine(give(s, NULL, "wide", &s->wide));
	is_given(s, wide, sizeof(wide));
	assert_int_equal(s->stood[0].at, WIDE);
	assert_int_equal(s->left.sealed + s->left.damaged, 0);
	assert_null(s->left.scope);
	assert_string_equal(s->left.reason, "");
}

static void
stays_sealed(struct scene *s, const char *identity)
{
	fine(give(s, identity, "conf", &s->conf));
	assert_int_equal(s->left.sealed, 2);
	assert_int_equal(s->left.damaged, 0);
	assert_string_equal(s->left.scope, "prod");
	assert_memory_equal(s->out.p, "a=GITVAULT[pw:", 14);
	assert_null(strstr(s->out.p, "alpha"));
	assert_null(strstr(s->out.p, "beta"));
	stands(s, 0, "GITVAULT[pw:", true);
	stands(s, 1, "GITVAULT[pw:", true);
	fine(give(s, identity, "key", &s->key));
	assert_int_equal(s->left.sealed, 1);
	assert_int_equal(s->out.len, strlen("GITVAULT[file:]") + 40);
	stands(s, 0, "GITVAULT[file:", true);
	fine(give(s, identity, "wide", &s->wide));
	assert_int_equal(s->left.sealed, 1);
	assert_string_equal(s->left.scope, "shared");
	assert_int_equal(s->out.len, 2 * WIDE + strlen("GITVAULT[pw:]") + 40);
}

static void
who_has_none_gets_placeholders(void **state)
{
	(void)state;
	stays_sealed(&scene, "../bob");
}

static void
nor_is_anything_opened_that_was_not_asked_for(void **state)
{
	(void)state;
	stays_sealed(&scene, "");
}

static void
a_try_says_the_same_and_gives_nothing(void **state)
{
	struct scene *s = &scene;
	struct gv_revealed_what what = { .oid = s->key };

	(void)state;
	fine(load(s));
	what.file = gv_revealed_find(s->given, "key", 3);
	open_safe(s, NULL);
	fine(gv_revealed_reader_new(&s->reader, s->odb, s->safe));
	fine(gv_revealed_try(&s->left, s->reader, &what));
	assert_int_equal(s->left.sealed + s->left.damaged, 0);
	close_safe(s);
	open_safe(s, "../bob");
	fine(gv_revealed_reader_new(&s->reader, s->odb, s->safe));
	fine(gv_revealed_try(&s->left, s->reader, &what));
	assert_int_equal(s->left.sealed, 1);
	close_safe(s);
	assert_int_equal(s->out.len, 0);
}

static void
what_the_sink_says_ends_it(void **state)
{
	struct scene *s = &scene;

	(void)state;
	s->fails = GV_ECANCELED;
	assert_int_equal(give(s, NULL, "conf", &s->conf), GV_ECANCELED);
	assert_int_equal(give(s, NULL, "key", &s->key), GV_ECANCELED);
	assert_int_equal(give(s, NULL, "wide", &s->wide), GV_ECANCELED);
	/* one that looks like a failure of the value is none */
	s->fails = GV_ENOKEY;
	assert_int_equal(give(s, NULL, "key", &s->key), GV_ENOKEY);
	assert_int_equal(s->left.sealed, 0);
	s->fails = GV_ECORRUPT;
	assert_int_equal(give(s, NULL, "key", &s->key), GV_ECORRUPT);
	assert_int_equal(s->left.damaged, 0);
}

/* ---- what is not as it was ---- */

static void
files_that_the_list_does_not_fit_are_refused(void **state)
{
	struct scene *s = &scene;
	struct gv_oid none = { { 1 } };

	(void)state;
	assert_int_equal(give(s, NULL, "conf", &s->key), GV_ECORRUPT);
	assert_message("offset");
	assert_int_equal(give(s, NULL, "key", &s->conf), GV_ECORRUPT);
	assert_message("its place does not have the placeholder");
	assert_int_equal(s->out.len, 0);
	/* a pointer to chunks is none */
	assert_int_equal(give(s, NULL, "wide", &s->conf), GV_ECORRUPT);
	assert_int_equal(give(s, NULL, "conf", &none), GV_ENOTFOUND);
	assert_int_equal(give(s, NULL, "key", &none), GV_ENOTFOUND);
	assert_int_equal(s->left.damaged, 0);
}

/* The scopes are no more, nor the objects that they had. */
static void
values_that_are_gone_are_damage_and_the_rest_is_given(void **state)
{
	struct scene *s = &scene;

	(void)state;
	sh("git rev-parse refs/vault/secrets/shared >../shared &&"
	   "git update-ref refs/heads/files "
	   "$(git commit-tree -m x $(printf '%s' '' | git mktree)) &&"
	   "git cat-file --batch-all-objects --batch-check='%(objectname)' >"
	   "../all && git rev-list --objects refs/vault/secrets/prod |"
	   "cut -d' ' -f1 | sort >../gone && sort ../all |"
	   "comm -23 - ../gone >../kept &&"
	   "p=$(git pack-objects -q ../pack <../kept) &&"
	   "rm -f .git/objects/pack/* &&"
	   "find .git/objects -type f -name '*[0-9a-f]' -delete;"
	   "mv ../pack-*.pack ../pack-*.idx .git/objects/pack &&"
	   "git update-ref -d refs/vault/secrets/prod || "
	   "rm -f .git/refs/vault/secrets/prod");
	fine(give(s, NULL, "conf", &s->conf));
	assert_int_equal(s->left.damaged, 1);
	assert_int_equal(s->left.sealed, 0);
	assert_string_equal(s->left.scope, "prod");
	assert_string_not_equal(s->left.reason, "");
	assert_memory_equal(s->out.p, "a=GITVAULT[pw:", 14);
	assert_non_null(strstr(s->out.p, ";b=beta\n"));
	stands(s, 0, "GITVAULT[pw:", true);
	stands(s, 1, "beta", false);
	fine(give(s, NULL, "key", &s->key));
	assert_int_equal(s->left.damaged, 1);
	assert_memory_equal(s->out.p, "GITVAULT[file:", 14);
	fine(give(s, NULL, "wide", &s->wide));
	is_given(s, wide, sizeof(wide));
}

static void
a_version_of_a_state_is_not_here(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct scene *s = &scene;
	size_t i;

	(void)state;
	for (i = 0; i < s->list.n; i++)
		if (s->list.entries[i].kind == GV_WITHHELD_FILE)
			s->list.entries[i].kind = GV_WITHHELD_STATE;
	fine(gv_withheld_write(&text, &s->list));
	list_is(s, GV_REVEALED_LIST, &text);
	fine(give(s, NULL, "key", &s->key));
	assert_int_equal(s->left.damaged, 1);
	assert_non_null(strstr(s->left.reason, "version of a state"));
	gv_buf_release(&text);
}

static void
without_locked_memory_it_says_so(void **state)
{
	struct scene *s = &scene;
	int r;

	(void)state;
	fine(load(s));
	open_safe(s, NULL);
	fine(gv_revealed_reader_new(&s->reader, s->odb, s->safe));
	/* what safe and reader keep for themselves they have then */
	fine(stream(s, "conf", &s->conf));
	LOCKED_RUNS_OUT(r = stream(s, "conf", &s->conf));
	is_given(s, conf, strlen(conf));
	close_safe(s);
}

#define T(f) cmocka_unit_test_setup_teardown(f, enter, leave)

UNIT(revealed)
{
	const struct CMUnitTest tests[] = {
		T(files_are_found_by_path_and_in_order),
		T(of_nothing_there_is_nothing),
		T(a_list_that_is_gone_or_too_short_or_damaged_is_refused),
		T(the_list_of_the_index_is_its_own),
		T(who_has_the_key_gets_all_of_it),
		T(who_has_none_gets_placeholders),
		T(nor_is_anything_opened_that_was_not_asked_for),
		T(a_try_says_the_same_and_gives_nothing),
		T(what_the_sink_says_ends_it),
		T(files_that_the_list_does_not_fit_are_refused),
		T(values_that_are_gone_are_damage_and_the_rest_is_given),
		T(a_version_of_a_state_is_not_here),
		T(without_locked_memory_it_says_so),
	};

	return UNIT_RUN(tests);
}

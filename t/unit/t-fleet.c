#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fleet/fleet_guard.h"
#include "fleet/fleet_look.h"
#include "fleet/fleet_past.h"
#include "fleet/fleet_source.h"
#include "fleet/shard.h"
#include "repo/config.h"

#define HEX "00112233445566778899aabbccddeeff"
#define DAY 86400

/* ---- shards -------------------------------------------------------------- */

static void
reads_which_part(void **state)
{
	struct gv_shard s;

	(void)state;
	assert_int_equal(gv_shard_parse(&s, "3/16", NULL), 0);
	assert_int_equal(s.index, 3);
	assert_int_equal(s.n, 16);
	assert_int_equal(gv_shard_parse(&s, "16", "15"), 0);
	assert_int_equal(s.index, 15);
	assert_int_equal(gv_shard_parse(&s, "0/1", "7"), 0);
}

static void
refuses_a_part_that_is_none(void **state)
{
	static const char *const bad[] = { "", "/", "1/", "/4", "4/4", "-1/4",
		"0/0", "1/100001", "99999999999999999999/4", "1/4x", "a/4",
		"1/4/4" };
	struct gv_shard s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(gv_shard_parse(&s, bad[i], "0"), GV_EUSAGE);
	assert_int_equal(gv_shard_parse(&s, "16", NULL), GV_EUSAGE);
	assert_message("--shard 0/16");
	assert_int_equal(gv_shard_parse(&s, "16", "16"), GV_EUSAGE);
	assert_message("the last 15");
}

/* 10,000 paths in 8 parts: each in one, and none much larger than another. */
static void
every_path_is_in_one_part(void **state)
{
	unsigned counts[8] = { 0 };
	char path[64];
	unsigned i, k;

	(void)state;
	for (i = 0; i < 10000; i++) {
		struct gv_shard_key key;
		unsigned in = 0;

		snprintf(path, sizeof(path), "/srv/git/team/repo-%u.git", i);
		key = gv_shard_key(path);
		for (k = 0; k < 8; k++) {
			const struct gv_shard s = { k, 8 };

			in += gv_shard_has(&s, &key);
			counts[k] += gv_shard_has(&s, &key);
		}
		assert_int_equal(in, 1);
	}
	for (k = 0; k < 8; k++)
		assert_in_range(counts[k], 1100, 1400);
}

/* printf abc | sha256sum */
static void
a_part_can_be_told_without_us(void **state)
{
	const struct gv_shard_key key = gv_shard_key("abc");
	static const unsigned char abc[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01,
		0xcf, 0xea };
	/* 0xba7816bf8f01cfea modulo 7 */
	const struct gv_shard part = {
		(uint32_t)(UINT64_C(0xba7816bf8f01cfea) % 7), 7
	};

	(void)state;
	assert_memory_equal(key.bytes, abc, sizeof(abc));
	assert_true(gv_shard_has(&part, &key));
}

/* ---- lists --------------------------------------------------------------- */

/* "PATH" or "!PATH: WHY". */
static void
assert_line(const char *line, size_t len, const char *expect)
{
	struct gv_buf path = GV_BUF_INIT, told = GV_BUF_INIT;
	const char *why;

	assert_int_equal(
	    gv_fleet_source_line(&path, &why, line, len, "/here"), 0);
	gv_buf_addf(&told, "%s%s%s%.12s", why ? "!" : "", path.p,
	    why ? ": " : "", why ? why : "");
	assert_string_equal(told.p, expect);
	gv_buf_release(&path);
	gv_buf_release(&told);
}

static void
reads_a_line_as_a_path(void **state)
{
	char *large = malloc(100000);

	(void)state;
	assert_non_null(large);
	memset(large, 'x', 100000);
	assert_line("/srv/a.git", 10, "/srv/a.git");
	assert_line("/srv/a.git//", 12, "/srv/a.git");
	assert_line("/", 1, "/");
	assert_line("a b", 3, "/here/a b");
	assert_line("./a", 3, "/here/a");
	assert_line("", 0, "");
	assert_line("/srv/a\0b", 8, "!/srv/a: the line has");
	large[0] = '/';
	assert_line(large, 4096,
	    "!/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    ": the line has");
	free(large);
}

/* ---- refs ---------------------------------------------------------------- */

#define A "1111111111111111111111111111111111111111"
#define B "2222222222222222222222222222222222222222"

static void
loose_refs_hide_packed_ones(void **state)
{
	static const char loose[] = A " refs/heads/b\n" A " refs/tags/x\n";
	static const char packed[] =
	    "# pack-refs with: peeled sorted\n" B " refs/heads/a\n" B
	    " refs/heads/b\n" B " refs/tags/w\n^" A "\n";
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_fleet_look_merge(&out, loose, sizeof(loose) - 1,
			     packed, sizeof(packed) - 1),
	    0);
	assert_string_equal(out.p,
	    B " refs/heads/a\n" A " refs/heads/b\n" B " refs/tags/w\n" A
	      " refs/tags/x\n");
	gv_buf_release(&out);
}

static struct gv_fleet_look
look_at(const char *lines)
{
	struct gv_fleet_look look = { .kind = GV_FLEET_BARE, .is_read = true };

	gv_fleet_look_refs(&look, lines, strlen(lines));
	return look;
}

static void
counts_snapshots_and_finds_the_newest(void **state)
{
	const struct gv_fleet_look look = look_at(
	    A " refs/heads/main\n" A " refs/vault/good/prod/1\n" A
	      " refs/vault/keyring\n" A
	      " refs/vault/snapshots/20260102T000000Z-00000001\n" A
	      " refs/vault/snapshots/20260101T000000Z-00000002\n" A
	      " refs/vault/snapshots/odd\n" A " refs/vault/state/prod/net\n");

	(void)state;
	assert_int_equal(look.snapshots, 3);
	assert_string_equal(look.last, "20260102T000000Z-00000001");
	assert_int_equal(look.last_time, 1767312000);
	assert_int_equal(look.states, 1);
	assert_int_equal(look.records, 1);
	assert_true(look.has_keyring);
}

static void
the_digest_is_of_what_can_change(void **state)
{
	const struct gv_fleet_look one = look_at(A " refs/heads/main\n");
	const struct gv_fleet_look moved = look_at(B " refs/heads/main\n");
	const struct gv_fleet_look renamed = look_at(A " refs/heads/mail\n");
	const struct gv_fleet_look drilled =
	    look_at(A " refs/heads/main\n" A " refs/vault/audit/host\n" B
		      " refs/vault/reports/drill/1\n");

	(void)state;
	assert_memory_not_equal(one.refs, moved.refs, sizeof(one.refs));
	assert_memory_not_equal(one.refs, renamed.refs, sizeof(one.refs));
	assert_memory_equal(one.refs, drilled.refs, sizeof(one.refs));
}

/* ---- reports ------------------------------------------------------------- */

static void
add(struct gv_fleet_past *past, bool is_round, const char *line)
{
	struct gv_buf copy = GV_BUF_INIT;

	gv_buf_addstr(&copy, line);
	assert_int_equal(gv_fleet_past_add(
			     past, copy.p, copy.len, GV_FLEET_VERIFY, is_round),
	    0);
	gv_buf_release(&copy);
}

/* As of 2026-11-30, of what has no ref. */
static struct gv_fleet_look
same_refs(void)
{
	struct gv_fleet_look look = { .kind = GV_FLEET_BARE, .is_read = true };
	size_t i;

	for (i = 0; i < GV_FLEET_DIGEST; i++)
		look.refs[i] = (unsigned char)(0x11 * i);
	return look;
}

#define NOW    INT64_C(1796083200) /* 2026-12-01 */
#define BEFORE "2026-11-30T00:00:00Z"
#define LINE(path, exit, since)                                                \
	"{\"schema\":1,\"command\":\"verify\",\"path\":\"" path                \
	"\",\"outcome\":\"done\",\"exit\":" exit ",\"refs\":\"" HEX            \
	"\",\"since\":\"" since "\"}"

static enum gv_fleet_step
decide(const struct gv_fleet_past *past, const char *path, int64_t now)
{
	const struct gv_fleet_look look = same_refs();
	const struct gv_shard_key key = gv_shard_key(path);

	return gv_fleet_past_decide(past, &key, GV_FLEET_VERIFY, &look, now);
}

static void
a_success_counts_while_no_ref_moves(void **state)
{
	struct gv_fleet_past past = { .entries = NULL };
	struct gv_fleet_look look = same_refs();
	const struct gv_shard_key key = gv_shard_key("/a");

	(void)state;
	assert_int_equal(decide(&past, "/a", NOW), GV_FLEET_RUN);
	add(&past, false, LINE("/a", "0", BEFORE));
	assert_int_equal(decide(&past, "/a", NOW), GV_FLEET_UNCHANGED);
	assert_int_equal(decide(&past, "/b", NOW), GV_FLEET_RUN);
	/* a disk rots, and a clock may have been wrong */
	assert_int_equal(decide(&past, "/a", NOW + 30 * DAY), GV_FLEET_RUN);
	assert_int_equal(decide(&past, "/a", NOW - 2 * DAY), GV_FLEET_RUN);
	look.refs[3] ^= 1;
	assert_int_equal(
	    gv_fleet_past_decide(&past, &key, GV_FLEET_VERIFY, &look, NOW),
	    GV_FLEET_RUN);
	look = same_refs();
	look.is_read = false;
	assert_int_equal(
	    gv_fleet_past_decide(&past, &key, GV_FLEET_VERIFY, &look, NOW),
	    GV_FLEET_RUN);
	gv_fleet_past_release(&past);
}

/* A remote, and files, change without a ref. */
static void
sync_and_snapshot_are_never_skipped(void **state)
{
	static const enum gv_fleet_verb verbs[] = { GV_FLEET_SYNC,
		GV_FLEET_SNAPSHOT, GV_FLEET_STATUS };
	struct gv_fleet_past past = { .entries = NULL };
	struct gv_fleet_look look = same_refs();
	const struct gv_shard_key key = gv_shard_key("/a");
	size_t i;

	(void)state;
	look.kind = GV_FLEET_TREE;
	add(&past, false, LINE("/a", "0", BEFORE));
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		assert_int_equal(
		    gv_fleet_past_decide(&past, &key, verbs[i], &look, NOW),
		    GV_FLEET_RUN);
	gv_fleet_past_release(&past);
}

static void
what_needs_no_process(void **state)
{
	const struct gv_fleet_past past = { .entries = NULL };
	struct gv_fleet_look look = same_refs();
	const struct gv_shard_key key = gv_shard_key("/a");

	(void)state;
	assert_int_equal(
	    gv_fleet_past_decide(&past, &key, GV_FLEET_STATUS, &look, NOW),
	    GV_FLEET_READ);
	assert_int_equal(
	    gv_fleet_past_decide(&past, &key, GV_FLEET_SNAPSHOT, &look, NOW),
	    GV_FLEET_NOTHING);
	look.kind = GV_FLEET_OTHER;
	assert_int_equal(
	    gv_fleet_past_decide(&past, &key, GV_FLEET_STATUS, &look, NOW),
	    GV_FLEET_REFUSED);
}

static void
a_failure_does_not_count(void **state)
{
	struct gv_fleet_past past = { .entries = NULL };

	(void)state;
	add(&past, false, LINE("/a", "0", BEFORE));
	add(&past, false, LINE("/a", "1", BEFORE));
	assert_int_equal(decide(&past, "/a", NOW), GV_FLEET_RUN);
	gv_fleet_past_release(&past);
}

static int
take(struct gv_fleet_past *past, const char *path)
{
	const struct gv_shard_key key = gv_shard_key(path);

	return gv_fleet_past_take(past, &key);
}

static void
a_round_goes_on_where_it_stood(void **state)
{
	struct gv_fleet_past past = { .entries = NULL };

	(void)state;
	add(&past, true, LINE("/a", "0", BEFORE));
	add(&past, true, LINE("/b", "1", BEFORE));
	assert_int_equal(take(&past, "/a"), 0);
	assert_int_equal(take(&past, "/b"), 0);
	assert_int_equal(take(&past, "/c"), 1);
	assert_int_equal(take(&past, "/c"), 0);
	gv_fleet_past_release(&past);
}

static void
the_end_of_a_round_begins_another(void **state)
{
	static const char cut[] = "{\"command\":\"verify\",\"complete\":false}";
	static const char whole[] =
	    "{\"command\":\"verify\",\"complete\":true}";
	static const char other[] = "{\"command\":\"drill\",\"complete\":true}";
	struct gv_fleet_past past = { .entries = NULL };

	(void)state;
	add(&past, true, LINE("/a", "0", BEFORE));
	add(&past, true, cut);
	add(&past, true, other);
	assert_int_equal(take(&past, "/a"), 0);
	add(&past, true, whole);
	assert_int_equal(take(&past, "/a"), 1);
	/* what it has said of it counts on */
	assert_int_equal(decide(&past, "/a", NOW), GV_FLEET_UNCHANGED);
	gv_fleet_past_release(&past);
}

static void
odd_lines_count_as_nothing(void **state)
{
	static const char *const odd[] = { "", "{", "[]", "null",
		"{\"command\":\"verify\"}", "{\"command\":1,\"path\":\"/a\"}",
		"{\"command\":\"verify\",\"path\":\"/a\\u0000\"}",
		"{\"command\":\"verify\",\"path\":\"/a\",\"path_base64\":\"\"}",
		"{\"command\":\"sync\",\"path\":\"/a\",\"exit\":0}" };
	struct gv_fleet_past past = { .entries = NULL };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		add(&past, true, odd[i]);
	assert_int_equal(past.skipped, sizeof(odd) / sizeof(odd[0]));
	assert_int_equal(take(&past, "/a"), 1);
	gv_fleet_past_release(&past);
}

/* The table grows, and nothing in it is lost. */
static void
remembers_very_many(void **state)
{
	struct gv_fleet_past past = { .entries = NULL };
	char path[32];
	int i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		assert_int_equal(take(&past, path), 1);
	}
	for (i = 0; i < 5000; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		assert_int_equal(take(&past, path), 0);
	}
	gv_fleet_past_release(&past);
}

/* As many as one run may take fit into the memory that it may use. */
static void
a_million_fit(void **state)
{
	struct gv_fleet_past past = { .entries = NULL };
	struct gv_shard_key key = { { 0 } };
	uint64_t n, mixed;

	(void)state;
	for (n = 0; n <= GV_FLEET_MAX; n++) {
		mixed = n * 0x9e3779b97f4a7c15u;
		memcpy(key.bytes, &n, sizeof(n));
		memcpy(key.bytes + 8, &mixed, sizeof(mixed));
		assert_int_equal(gv_fleet_past_take(&past, &key),
		    n < GV_FLEET_MAX ? 1 : GV_EREFUSED);
	}
	assert_message("--shard");
	assert_true(past.cap * sizeof(*past.entries) <= 52 * 1000 * 1000);
	for (n = 0; n < GV_FLEET_MAX; n += 997) {
		mixed = n * 0x9e3779b97f4a7c15u;
		memcpy(key.bytes, &n, sizeof(n));
		memcpy(key.bytes + 8, &mixed, sizeof(mixed));
		assert_int_equal(gv_fleet_past_take(&past, &key), 0);
	}
	gv_fleet_past_release(&past);
}

static bool
is_head(const char *value)
{
	return gv_fleet_look_is_head(value, strlen(value));
}

static void
knows_a_head_that_git_takes(void **state)
{
	static const char hex[] =
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

	(void)state;
	assert_true(is_head("ref: refs/heads/main"));
	assert_true(is_head(hex));
	assert_true(gv_fleet_look_is_head(hex, 40));
	assert_false(gv_fleet_look_is_head(hex, 41));
	assert_false(is_head(""));
	assert_false(is_head("ref: refs/"));
	assert_false(is_head("ref: x"));
	assert_false(is_head("0123456789abcdef0123456789abcdef0123456x"));
}

/* ---- configuration ------------------------------------------------------- */

static void
assert_runs(const char *scope, const char *key, const char *value, bool does)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_config config;
	size_t len;
	char *p;

	gv_buf_addf(&text, "%s%c%s\n%s%c", scope, 0, key, value, 0);
	len = text.len;
	p = gv_buf_take(&text);
	assert_int_equal(gv_config_parse(&config, p, len, false), 0);
	assert_int_equal(gv_fleet_guard_find(&config) != NULL, does);
	gv_config_release(&config);
}

static void
finds_what_a_repository_would_run(void **state)
{
	(void)state;
	assert_runs("local", "core.sshcommand", "x", true);
	assert_runs("worktree", "core.sshcommand", "x", true);
	assert_runs("global", "core.sshcommand", "x", false);
	assert_runs("command", "core.sshcommand", "x", false);
	assert_runs("local", "credential.https://x.y.helper", "!x", true);
	assert_runs("local", "gpg.ssh.program", "x", true);
	assert_runs("local", "remote.a.b.uploadpack", "x", true);
	assert_runs("local", "filter.x.clean", "x", true);
	assert_runs("local", "filter.lfs.clean", "git-lfs clean -- %f", false);
	assert_runs(
	    "local", "filter.lfs.clean", "git-lfs clean -- %f; x", true);
	/* what git-lfs runs, which is let through as a filter */
	assert_runs("local", "lfs.extension.x.clean", "x", true);
	assert_runs("local", "lfs.extension.x.smudge", "x", true);
	assert_runs("local", "lfs.customtransfer.x.path", "x", true);
	assert_runs("local", "lfs.url", "https://x.y", false);
	assert_runs("local", "remote.origin.url", "/srv/x", false);
	assert_runs("local", "core.bare", "true", false);
}

static bool
is_plain(const char *text)
{
	return gv_fleet_guard_is_plain(text, strlen(text));
}

static void
a_plain_configuration_is_known_by_its_words(void **state)
{
	(void)state;
	assert_true(is_plain("[core]\n\tbare = true\n\tfilemode = false\n"));
	assert_true(is_plain("[remote \"origin\"]\n\turl = /srv/command.git2\n"
			     "\tfetch = +refs/*:refs/*\n") == false);
	assert_true(is_plain("[remote \"origin\"]\n\turl = /srv/x\n"));
	assert_false(is_plain("[core]\n\tSSHCommand=x"));
	assert_false(is_plain("[include]path=x"));
	assert_false(is_plain("[core]\n\tworktree = /home"));
	assert_false(is_plain("[extensions] worktreeConfig = true"));
	assert_false(is_plain("[filter \"x\"]clean=y"));
	assert_false(is_plain("[lfs \"customtransfer.x\"]\n\tpath=y"));
	assert_true(is_plain(""));
}

UNIT(fleet)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_which_part),
		cmocka_unit_test(refuses_a_part_that_is_none),
		cmocka_unit_test(every_path_is_in_one_part),
		cmocka_unit_test(a_part_can_be_told_without_us),
		cmocka_unit_test(reads_a_line_as_a_path),
		cmocka_unit_test(loose_refs_hide_packed_ones),
		cmocka_unit_test(counts_snapshots_and_finds_the_newest),
		cmocka_unit_test(the_digest_is_of_what_can_change),
		cmocka_unit_test(a_success_counts_while_no_ref_moves),
		cmocka_unit_test(sync_and_snapshot_are_never_skipped),
		cmocka_unit_test(what_needs_no_process),
		cmocka_unit_test(a_failure_does_not_count),
		cmocka_unit_test(a_round_goes_on_where_it_stood),
		cmocka_unit_test(the_end_of_a_round_begins_another),
		cmocka_unit_test(odd_lines_count_as_nothing),
		cmocka_unit_test(remembers_very_many),
		cmocka_unit_test(a_million_fit),
		cmocka_unit_test(knows_a_head_that_git_takes),
		cmocka_unit_test(finds_what_a_repository_would_run),
		cmocka_unit_test(a_plain_configuration_is_known_by_its_words),
	};

	return UNIT_RUN(tests);
}

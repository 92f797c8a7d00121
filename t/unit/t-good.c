/* lib/record/good: the content of a record comes back as it was written. A
 * revoked commit counts as revoked until it is overruled, and no other commit
 * does. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "good/good_mark.h"
#include "scratch.h"
#include "object/odb.h"
#include "record/good_internal.h"
#include "repo/repo.h"
#include "safe/safe.h"

#define NOW 1795158764 /* 2026-11-20T07:12:44Z */

static struct gv_repo *repo;
static struct gv_safe *safe;

static int
enter(void **state)
{
	const struct gv_safe_opts opts = { .now = NOW };

	if (scratch_enter(state) < 0)
		return -1;
	sh("git init -q r && git -C r commit -q --allow-empty -m one &&"
	   " git -C r commit -q --allow-empty -m two");
	if (chdir("r") < 0 || gv_repo_open(&repo, 0) < 0)
		return -1;
	return gv_safe_open(&safe, repo, &opts);
}

static int
leave(void **state)
{
	gv_safe_close(safe);
	gv_repo_close(repo);
	return scratch_leave(state);
}

/* ---- what it says ------------------------------------------------------- */

static void
fill(struct gv_good *g)
{
	static struct gv_good_item artifacts[] = { { "\"a\"\n\\",
	    "0123456789abcdef"
	    "0123456789abcdef"
	    "0123456789abcdef"
	    "0123456789abcdef",
	    NULL } };
	static struct gv_good_item evidence[] = { { NULL, NULL, "x://y" } };
	static struct gv_good_state states[] = { { .stack = "net",
	    .tool = "terraform",
	    .digest = "ab",
	    .key = "cd",
	    .has_serial = true,
	    .serial = INT64_MAX,
	    .size = 7 } };
	static struct gv_good_reader readers[] = { { "ann", "SHA256:x" } };
	static struct gv_good_check checks[] = { { "scan", NULL, true } };
	static const char *approvers[] = { "", "sch\xc3\xb6n" };

	*g = (struct gv_good)GV_GOOD_INIT;
	g->env = "prod";
	g->status = GV_GOOD_VERIFIED;
	g->time = NOW;
	g->actor = "A <a@b>";
	memset(&g->code, 1, sizeof(g->code));
	memset(&g->code_tree, 2, sizeof(g->code_tree));
	memset(&g->previous, 3, sizeof(g->previous));
	g->target = g->code;
	g->pipeline.provider = "github";
	g->pipeline.run = (char *)"7";
	g->artifacts = artifacts;
	g->evidence = evidence;
	g->states = states;
	g->readers = readers;
	g->checks = checks;
	g->approvers = approvers;
	g->n_artifacts = g->n_evidence = g->n_states = g->n_readers = 1;
	g->n_checks = 1;
	g->n_approvers = 2;
}

static void
round_trip(const struct gv_secret *key)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_good a, b = GV_GOOD_INIT;

	fill(&a);
	assert_int_equal(gv_good_format(&a), 0);
	assert_int_equal(gv_good_tag_format(&text, &a, repo, key), 0);
	if (gv_good_tag_parse(&b, text.p, text.len) < 0)
		fail_msg("%s", gv_err_message());
	assert_string_equal(a.statement.p, b.statement.p);
	assert_string_equal(a.envelope.p, b.envelope.p);
	assert_int_equal(b.is_signed, key != NULL);
	assert_memory_equal(a.key, b.key, sizeof(a.key));
	assert_string_equal(b.artifacts[0].name, "\"a\"\n\\");
	assert_string_equal(b.evidence[0].uri, "x://y");
	assert_true(b.states[0].serial == INT64_MAX);
	assert_string_equal(b.approvers[1], "sch\xc3\xb6n");
	assert_string_equal(b.pipeline.run, "7");
	assert_null(b.pipeline.job);
	assert_true(gv_oid_equal(&a.previous, &b.previous));
	assert_true(b.time == NOW);
	gv_good_release(&a);
	gv_good_release(&b);
	gv_buf_release(&text);
}

static void
comes_back_as_it_was_said(void **state)
{
	struct gv_secret key = GV_SECRET_INIT;

	(void)state;
	round_trip(NULL);
	assert_int_equal(gv_sign_new(&key), 0);
	round_trip(&key);
	gv_secret_release(&key);
}

/* Cut anywhere it is none, and no byte beyond is looked at. */
static void
what_is_cut_is_none(void **state)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_good a, b;
	size_t len;

	(void)state;
	fill(&a);
	assert_int_equal(gv_good_format(&a), 0);
	assert_int_equal(gv_good_tag_format(&text, &a, repo, NULL), 0);
	for (len = 0; len < text.len; len++) {
		char *copy = malloc(len + 1);

		assert_non_null(copy);
		memcpy(copy, text.p, len);
		b = (struct gv_good)GV_GOOD_INIT;
		assert_int_equal(gv_good_tag_parse(&b, copy, len), GV_ECORRUPT);
		gv_good_release(&b);
		free(copy);
	}
	gv_good_release(&a);
	gv_buf_release(&text);
}

/* ---- what was revoked --------------------------------------------------- */

static bool
is_revoked(const char *env, const struct gv_oid *commit)
{
	struct gv_buf why = GV_BUF_INIT;
	bool yes = false;

	assert_int_equal(gv_good_is_revoked(&yes, &why, repo, env, commit), 0);
	assert_int_equal(yes, why.len > 0);
	if (yes)
		assert_non_null(strstr(why.p, "was revoked for prod"));
	gv_buf_release(&why);
	return yes;
}

static int
mark(const char *env, const char *commit, enum gv_good_status status,
    const char *reason)
{
	const struct gv_good_what what = { .env = env,
		.status = status,
		.commit = commit,
		.reason = reason,
		.now = NOW };
	struct gv_good good = GV_GOOD_INIT;
	int r = gv_good_mark(&good, repo, safe, &what);

	gv_good_release(&good);
	return r;
}

static int
take_back(unsigned n)
{
	const struct gv_good_back back = {
		.env = "prod", .n = n, .reason = "it broke", .now = NOW
	};
	struct gv_good good = GV_GOOD_INIT;
	int r = gv_good_revoke(&good, repo, safe, &back);

	gv_good_release(&good);
	return r;
}

static void
a_revoked_commit_is_known_until_it_is_overruled(void **state)
{
	const enum gv_good_status yes = GV_GOOD_VERIFIED;
	struct gv_oid head = repo->head;

	(void)state;
	assert_false(is_revoked("prod", &head));
	assert_int_equal(mark("prod", "HEAD", yes, NULL), 0);
	assert_false(is_revoked("prod", &head));
	assert_int_equal(take_back(1), 0);
	assert_true(is_revoked("prod", &head));
	assert_false(is_revoked("stage", &head));
	/* neither another commit nor another environment makes it good */
	assert_int_equal(mark("prod", "HEAD~", yes, NULL), 0);
	assert_int_equal(mark("stage", "HEAD", yes, NULL), 0);
	assert_true(is_revoked("prod", &head));
	assert_int_equal(mark("prod", "HEAD", yes, NULL), GV_EREFUSED);
	/* a candidate says that it may be, and no more */
	assert_int_equal(mark("prod", "HEAD", GV_GOOD_CANDIDATE, "a try"), 0);
	assert_true(is_revoked("prod", &head));
	assert_int_equal(mark("prod", "HEAD", yes, "it was the network"), 0);
	assert_false(is_revoked("prod", &head));
	/* 1 verified, 2 revokes, 3 of HEAD~, 4 candidate, 5 overrules */
	assert_int_equal(take_back(5), 0);
	assert_true(is_revoked("prod", &head));
	assert_int_equal(take_back(1), GV_EREFUSED);
	assert_int_equal(take_back(2), GV_EREFUSED);
	assert_int_equal(take_back(9), GV_ENOTFOUND);
}

static void
what_is_no_record_is_said(void **state)
{
	static const struct {
		const char *statement;
		int r;
		const char *words;
	} rows[] = {
		{ "{", GV_ECORRUPT, "its statement is no JSON: " },
		{ "{}", GV_ECORRUPT, "it has no in-toto statement" },
		{ "{\"_type\":\"https://in-toto.io/Statement/v1\"}",
		    GV_ECORRUPT, "it has no in-toto statement" },
		{ "{\"_type\":\"https://in-toto.io/Statement/v1\","
		  "\"predicateType\":\"urn:git-vault:known-good:v2\"}",
		    GV_EREFUSED,
		    "it was made by a newer git-vault: its statement has "
		    "another type" },
	};
	char *large = calloc(1, 2 * GV_GOOD_MAX + 1);
	struct gv_good g;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		g = (struct gv_good)GV_GOOD_INIT;
		gv_buf_addstr(&g.statement, rows[i].statement);
		assert_int_equal(gv_good_parse(&g), rows[i].r);
		assert_message(rows[i].words);
		gv_good_release(&g);
	}
	assert_non_null(large);
	g = (struct gv_good)GV_GOOD_INIT;
	assert_int_equal(
	    gv_good_tag_parse(&g, large, 2 * GV_GOOD_MAX + 1), GV_ECORRUPT);
	assert_message("it is larger than any record");
	gv_good_release(&g);
	memset(large, 'x', GV_GOOD_MAX);
	large[GV_GOOD_MAX] = '\0';
	fill(&g);
	g.pipeline.run = large;
	assert_int_equal(gv_good_format(&g), GV_EUSAGE);
	assert_message("a record may have ");
	assert_message(": name fewer artifacts or less evidence");
	gv_good_release(&g);
	free(large);
}

UNIT(good)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(comes_back_as_it_was_said),
		TEST(what_is_cut_is_none),
		TEST(what_is_no_record_is_said),
		TEST(a_revoked_commit_is_known_until_it_is_overruled),
	};

	return UNIT_RUN(tests);
}

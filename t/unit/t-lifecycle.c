#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "scratch.h"
#include "repo/repo.h"
#include "safe/lifecycle.h"

#define NOW 1795158764 /* 2026-11-20T07:12:44Z */

static int
enter(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	sh("git init -q r && git -C r commit -q --allow-empty -m one");
	scratch_chdir("r");
	return 0;
}

static struct gv_repo *
open_repo(void)
{
	struct gv_repo *repo;

	if (gv_repo_open(&repo, 0) < 0)
		fail_msg("%s", gv_err_message());
	return repo;
}

static void
save(const char *scope, const struct gv_lifecycle_change *changes, size_t n)
{
	struct gv_repo *repo = open_repo();

	if (gv_lifecycle_save(repo, scope, changes, n, NOW) < 0)
		fail_msg("%s", gv_err_message());
	gv_repo_close(repo);
}

static void
find(struct gv_lifecycle *out, const char *scope, const struct gv_digest *id)
{
	struct gv_repo *repo = open_repo();

	if (gv_lifecycle_find(out, repo, scope, id) < 0)
		fail_msg("%s", gv_err_message());
	gv_repo_close(repo);
}

/* ---- the text ---- */

static void
what_is_written_is_read(void **state)
{
	char why[] = "it was\nin a \"ticket\"", name[] = "DB_PASSWORD";
	const struct gv_lifecycle life = { .next = { { 7 } },
		.rotated = NOW,
		.revoked = NOW + 1,
		.rotated_reason = why,
		.name = name };
	struct gv_lifecycle back = { .is_rotated = false };
	unsigned kind;

	(void)state;
	for (kind = 0; kind < GV_LIFECYCLE_KINDS; kind++) {
		struct gv_buf text = GV_BUF_INIT;

		gv_lifecycle_format(&text, kind, &life);
		assert_int_equal(gv_buf_check(&text), 0);
		assert_int_equal(
		    gv_lifecycle_parse(&back, kind, text.p, text.len), 0);
		/* and is no other statement */
		assert_int_equal(
		    gv_lifecycle_parse(&back, (kind + 1) % GV_LIFECYCLE_KINDS,
			text.p, text.len),
		    GV_ECORRUPT);
		gv_buf_release(&text);
	}
	assert_true(back.is_rotated && back.is_revoked);
	assert_int_equal(back.next.bytes[0], 7);
	assert_int_equal(back.rotated, NOW);
	assert_int_equal(back.revoked, NOW + 1);
	assert_string_equal(back.rotated_reason, why);
	assert_null(back.revoked_reason);
	assert_string_equal(back.name, "DB_PASSWORD");
	gv_lifecycle_release(&back);
}

static void
what_is_damaged_is_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{ "", GV_ECORRUPT },
		{ "git-vault revocation 1\n", GV_ECORRUPT },
		{ "git-vault revocation 1\n\n", GV_ECORRUPT },
		{ "git-vault revocation 2\n\ntime: 2026-11-20T07:12:44Z\n",
		    GV_EREFUSED },
		{ "git-vault revocation 1\n\ntime: 2026-11-20T07:12-44Z\n",
		    GV_ECORRUPT },
		{ "git-vault revocation 1\n\ntime: 2026-11-20T07:12:4:Z\n",
		    GV_ECORRUPT },
		{ "git-vault revocation 1\n\ntime: 2026-11-20 07:12:44\n",
		    GV_ECORRUPT },
		{ "git-vault revocation 1\n\ntime: 2026-11-20T07:12:44Z\n"
		  "time: 2026-11-20T07:12:44Z\n",
		    GV_ECORRUPT },
		{ "git-vault revocation 1\n\ntime: 2026-11-20T07:12:44Z\n"
		  "name: x\n",
		    GV_ECORRUPT },
		{ "git-vault revocation 1\n\ntime: 2026-11-20T07:12:44Z\n"
		  "reason: \"x\n",
		    GV_ECORRUPT },
		{ "git-vault revocation 1\n\ntime: 2026-11-20T07:12:44Z\n"
		  "other: x\n",
		    GV_ECORRUPT },
	};
	struct gv_lifecycle life = { .is_rotated = false };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r = gv_lifecycle_parse(&life, GV_LIFECYCLE_REVOKED,
		    cases[i].text, strlen(cases[i].text));

		if (r != cases[i].code)
			fail_msg("%zu: %d", i, r);
		assert_false(life.is_revoked);
	}
}

/* ---- the ref ---- */

static void
statements_stand_beside_each_other(void **state)
{
	char name[] = "A";
	const struct gv_digest one = { { 0xab, 1 } }, two = { { 0xab, 2 } },
			       three = { { 0xcd } };
	const struct gv_lifecycle gone = { .revoked = NOW },
				  named = { .name = name },
				  turned = { .next = three, .rotated = NOW };
	const struct gv_lifecycle_change all[] = {
		{ .id = two, .kind = GV_LIFECYCLE_REVOKED, .life = &gone },
		{ .id = one, .kind = GV_LIFECYCLE_NEXT, .life = &turned },
		{ .id = three, .kind = GV_LIFECYCLE_NAME, .life = &named },
		{ .id = one, .kind = GV_LIFECYCLE_REVOKED, .life = &gone },
		/* the same twice is the same once */
		{ .id = one, .kind = GV_LIFECYCLE_REVOKED, .life = &gone },
	};
	const struct gv_lifecycle_change back = { .id = two,
		.kind = GV_LIFECYCLE_REVOKED };
	struct gv_lifecycle life;

	(void)state;
	find(&life, "prod", &one);
	assert_false(life.is_rotated || life.is_revoked);
	save("prod", all, 5);
	sh("git fsck --strict --no-dangling >out 2>&1; test ! -s out");
	sh("test $(git ls-tree -r refs/vault/secrets/prod | wc -l) = 4");
	find(&life, "prod", &one);
	assert_true(life.is_rotated && life.is_revoked);
	assert_true(gv_digest_equal(&life.next, &three));
	gv_lifecycle_release(&life);
	find(&life, "prod", &three);
	assert_string_equal(life.name, "A");
	gv_lifecycle_release(&life);
	find(&life, "dev", &one);
	assert_false(life.is_rotated);
	save("prod", &back, 1);
	find(&life, "prod", &two);
	assert_false(life.is_revoked);
	sh("test $(git ls-tree -r refs/vault/secrets/prod | wc -l) = 3");
}

static int
count(void *ctx, const struct gv_digest *id, const struct gv_lifecycle *life)
{
	(void)id;
	assert_true(life->is_revoked);
	++*(int *)ctx;
	return 0;
}

static void
values_stay_and_chunks_are_not_entered(void **state)
{
	const struct gv_digest one = { { 0xab, 1 } };
	const struct gv_lifecycle gone = { .revoked = NOW };
	const struct gv_lifecycle_change revoke = { .id = one,
		.kind = GV_LIFECYCLE_REVOKED,
		.life = &gone },
					 drop = { .id = one,
						 .kind = GV_LIFECYCLE_VALUE,
						 .is_tree = true };
	struct gv_repo *repo;
	int n = 0;

	(void)state;
	sh("b=$(echo x | git hash-object -w --stdin) && id=ab01$(printf %036d 0)"
	   " && t=$(printf \"100644 blob $b\\t$id.revoked\\n\" | git mktree) &&"
	   " t=$(printf \"040000 tree $t\\t$id.age\\n\" | git mktree) &&"
	   " t=$(printf \"040000 tree $t\\tab\\n100644 blob $b\\tsealed-for\\n\""
	   " | git mktree) && git update-ref refs/vault/secrets/prod "
	   "$(git commit-tree -m x $t)");
	save("prod", &revoke, 1);
	sh("git ls-tree refs/vault/secrets/prod:ab >list && "
	   "test $(wc -l <list) = 2 && git cat-file -e "
	   "refs/vault/secrets/prod:sealed-for");
	repo = open_repo();
	assert_int_equal(
	    gv_lifecycle_each(repo, "prod", GV_LIFECYCLE_REVOKED, count, &n),
	    0);
	assert_int_equal(n, 1);
	gv_repo_close(repo);
	save("prod", &drop, 1);
	sh("git ls-tree --name-only refs/vault/secrets/prod:ab >list && "
	   "test \"$(cat list)\" = ab01$(printf %036d 0).revoked");
}

static void
no_scope_leads_elsewhere(void **state)
{
	const struct gv_lifecycle gone = { .revoked = NOW };
	const struct gv_lifecycle_change c = { .kind = GV_LIFECYCLE_REVOKED,
		.life = &gone };
	struct gv_repo *repo = open_repo();

	(void)state;
	assert_int_equal(
	    gv_lifecycle_save(repo, "../heads/main", &c, 1, NOW), GV_EUSAGE);
	gv_repo_close(repo);
}

#define IN_REPO(f) cmocka_unit_test_setup_teardown(f, enter, scratch_leave)

UNIT(lifecycle)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_damaged_is_refused),
		IN_REPO(statements_stand_beside_each_other),
		IN_REPO(values_stay_and_chunks_are_not_entered),
		IN_REPO(no_scope_leads_elsewhere),
	};

	return UNIT_RUN(tests);
}

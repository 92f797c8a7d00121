#include "unit.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "scratch.h"
#include "audit/audit.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

#define NOW      1795158764 /* 2026-11-20T07:12:44Z */
#define NOW_TEXT "1795158764"

static struct gv_repo *
open_repo(void)
{
	struct gv_repo *repo;

	if (gv_repo_open(&repo, 0) < 0)
		fail_msg("%s", gv_err_message());
	return repo;
}

static int
enter(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	sh("git init -q r && git -C r commit -q --allow-empty -m one");
	scratch_chdir("r");
	return 0;
}

static void
must_add(const struct gv_audit_event *e)
{
	struct gv_repo *repo = open_repo();

	if (gv_audit_add(repo, e) < 0)
		fail_msg("%s", gv_err_message());
	gv_repo_close(repo);
}

static void
add(const char *what, const char *reason, const struct gv_secret *signer)
{
	must_add(&(struct gv_audit_event){
	    .what = what, .time = NOW, .reason = reason, .signer = signer });
}

/* What a visit sees. */
struct seen {
	size_t n, n_signed;
};

static int
note(void *ctx, const struct gv_audit_entry *e)
{
	struct seen *s = ctx;

	s->n++;
	s->n_signed += e->is_signed;
	return e->time == NOW ? 0 : gv_err(GV_ERROR, "another time");
}

static int
each(struct seen *s, const struct gv_oid *from)
{
	struct gv_repo *repo = open_repo();
	struct gv_buf ref = GV_BUF_INIT;
	int r;

	memset(s, 0, sizeof(*s));
	gv_audit_ref(&ref, repo);
	r = gv_audit_each(repo, ref.p, from, note, s);
	gv_buf_release(&ref);
	gv_repo_close(repo);
	return r;
}

/* The newest event. */
static void
newest(struct gv_audit_entry *e)
{
	struct gv_repo *repo = open_repo();
	struct gv_object obj = { 0 };
	struct gv_refs refs = { 0 };
	struct gv_odb *odb;

	assert_int_equal(gv_repo_odb(repo, &odb), 0);
	assert_int_equal(gv_ref_list(&refs, repo, GV_REFS_AUDIT), 0);
	assert_int_equal(refs.n, 1);
	assert_int_equal(gv_odb_read(odb, &obj, &refs.refs[0].oid), 0);
	if (gv_audit_parse(e, obj.data, obj.len) < 0)
		fail_msg("%s", gv_err_message());
	gv_object_release(&obj);
	gv_refs_release(&refs);
	gv_repo_close(repo);
}

static void
signer_of(struct gv_secret *out, unsigned char first)
{
	const unsigned char seed[GV_SIGN_SEED] = { first };

	assert_int_equal(gv_sign_from_seed(out, seed), 0);
}

static void
an_event_says_all(void **state)
{
	struct gv_secret signer = GV_SECRET_INIT;
	const struct gv_digest ids[] = { { { 2 } }, { { 1 } }, { { 2 } } };
	const char *const scopes[] = { "dev", "prod" };
	const struct gv_audit_event e = { .what = GV_AUDIT_EXPORT,
		.time = NOW,
		.ids = ids,
		.n_ids = 3,
		.scopes = scopes,
		.n_scopes = 2,
		.snapshot = "20261120T071244Z-1a2b3c4d",
		.reason = "the\nmigration: \"it\"",
		.signer = &signer };
	struct gv_audit_entry seen;

	(void)state;
	signer_of(&signer, 7);
	must_add(&e);
	newest(&seen);
	assert_string_equal(seen.what, "export");
	assert_int_equal(seen.time, NOW);
	assert_string_equal(seen.actor, "A U Thor <author@example.com>");
	assert_non_null(strchr(seen.user, '@'));
	assert_string_equal(seen.ids,
	    "0100000000000000000000000000000000000000 "
	    "0200000000000000000000000000000000000000");
	assert_int_equal(seen.n_ids, 2);
	assert_string_equal(seen.scopes, "dev prod");
	assert_string_equal(seen.snapshot, e.snapshot);
	assert_string_equal(seen.reason, e.reason);
	assert_true(seen.is_signed);
	assert_memory_equal(seen.key, signer.p + GV_SIGN_SEED, GV_SIGN_PUBLIC);
	sh("git fsck --strict --no-dangling >out 2>&1; test ! -s out");
	gv_audit_entry_release(&seen);
	gv_secret_release(&signer);
}

static void
of_many_ids_there_are_some_and_the_sum(void **state)
{
	struct gv_digest ids[120] = { { { 0 } } };
	struct gv_audit_entry seen;
	size_t i;

	(void)state;
	for (i = 0; i < 120; i++)
		ids[i].bytes[0] = (unsigned char)(119 - i);
	must_add(&(struct gv_audit_event){
	    .what = GV_AUDIT_UNSEAL, .time = NOW, .ids = ids, .n_ids = 120 });
	newest(&seen);
	assert_int_equal(seen.n_ids, 120);
	assert_int_equal(strlen(seen.ids), GV_AUDIT_LISTED * 41 - 1);
	gv_audit_entry_release(&seen);
	/* and anybody can hold a list against it */
	sh("i=0; while test $i -lt 120; do printf '%02x%038d\\n' $i 0; "
	   "i=$((i + 1)); done | sha256sum | cut -d' ' -f1 >expect && "
	   "git log --glob=refs/vault -1 --format=%B | "
	   "sed -n 's/^Vault-Ids-All: 120 //p' >actual && cmp expect actual");
}

static void
events_stand_behind_each_other(void **state)
{
	struct gv_secret signer = GV_SECRET_INIT;
	struct seen s;

	(void)state;
	assert_int_equal(each(&s, NULL), GV_ENOTFOUND);
	signer_of(&signer, 1);
	add("unseal", NULL, &signer);
	add("rotate", "one", NULL);
	add("key-add", "two", &signer);
	assert_int_equal(each(&s, NULL), 0);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.n_signed, 2);
	gv_secret_release(&signer);
}

static void
what_is_no_kind_is_not_written(void **state)
{
	static const char *const kinds[] = { "", "-x", "A", "a b", "a\nb" };
	struct gv_repo *repo;
	struct seen s;
	size_t i;

	(void)state;
	repo = open_repo();
	for (i = 0; i < 5; i++)
		assert_int_equal(gv_audit_add(repo,
				     &(struct gv_audit_event){
					 .what = kinds[i], .time = NOW }),
		    GV_EUSAGE);
	gv_repo_close(repo);
	assert_int_equal(each(&s, NULL), GV_ENOTFOUND);
}

/* Rewrite the newest event by sed, and move the ref to it. */
static void
forge(const char *script)
{
	setenv("SCRIPT", script, 1);
	sh("ref=$(git for-each-ref --format='%(refname)' refs/vault/audit) && "
	   "git cat-file commit $ref | sed \"$SCRIPT\" >forged && "
	   "git update-ref $ref $(git hash-object -t commit -w forged)");
}

static void
what_was_changed_is_seen(void **state)
{
	static const struct {
		const char *script;
		int code;
		const char *words;
	} cases[] = {
		{ "s/^Vault-Reason: one/Vault-Reason: two/", GV_ECORRUPT,
		    "its signature is not of these" },
		{ "/^parent/d", GV_ECORRUPT, "signature" },
		{ "$a\\Vault-Scopes: prod", GV_ECORRUPT, "signature" },
		{ "s/^Vault-Time: 2026/Vault-Time: 2025/", GV_ECORRUPT,
		    "signature" },
		{ "/^Vault-Event/d;/^Vault-Signature/d", GV_ECORRUPT,
		    "does not record what" },
		{ "s/^Vault-Format: 1/Vault-Format: 2/", GV_EREFUSED,
		    "use a newer one" },
		{ "s/^Vault-Time: .*/Vault-Time: now/;/^Vault-Sig/d",
		    GV_ECORRUPT, "its time is invalid" },
		{ "s/^tree 4b/tree 4c/", GV_ECORRUPT, "tree is not empty" },
	};
	struct gv_secret signer = GV_SECRET_INIT;
	struct seen s;
	size_t i;

	(void)state;
	signer_of(&signer, 1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gv_repo *repo;

		add("unseal", NULL, &signer);
		add("revoke", "one", &signer);
		assert_int_equal(each(&s, NULL), 0);
		forge(cases[i].script);
		assert_int_equal(each(&s, NULL), cases[i].code);
		if (strstr(gv_err_message(), cases[i].words) == NULL)
			fail_msg("%s", gv_err_message());
		/* and nothing is added to such a chain */
		repo = open_repo();
		assert_int_equal(gv_audit_add(repo,
				     &(struct gv_audit_event){
					 .what = "unseal", .time = NOW }),
		    cases[i].code);
		assert_non_null(strstr(gv_err_message(), "cannot tell of it"));
		gv_repo_close(repo);
		sh("git update-ref -d $(git for-each-ref "
		   "--format='%(refname)' refs/vault/audit)");
	}
	gv_secret_release(&signer);
}

static void
a_chain_that_was_set_back_is_seen(void **state)
{
	struct gv_oid was;
	struct gv_repo *repo;
	struct gv_refs refs = { 0 };
	struct seen s;

	(void)state;
	add("unseal", NULL, NULL);
	add("export", NULL, NULL);
	repo = open_repo();
	assert_int_equal(gv_ref_list(&refs, repo, GV_REFS_AUDIT), 0);
	was = refs.refs[0].oid;
	gv_refs_release(&refs);
	gv_repo_close(repo);
	add("export", NULL, NULL);
	assert_int_equal(each(&s, &was), 0);
	sh("ref=$(git for-each-ref --format='%(refname)' refs/vault/audit) && "
	   "git update-ref $ref $ref~2");
	assert_int_equal(each(&s, &was), GV_EREFUSED);
	assert_int_equal(s.n, 1);
	add("unseal", "another", NULL);
	add("unseal", "another", NULL);
	assert_int_equal(each(&s, &was), GV_EREFUSED);
}

static void
none_is_lost_to_another_process(void **state)
{
	struct seen s;
	int i, k, status;

	(void)state;
	for (i = 0; i < 3; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid > 0)
			continue;
		for (k = 0; k < 5; k++) {
			struct gv_repo *repo;

			if (gv_repo_open(&repo, 0) < 0 ||
			    gv_audit_add(repo,
				&(struct gv_audit_event){
				    .what = "unseal", .time = NOW }) < 0)
				_exit(1);
			gv_repo_close(repo);
		}
		_exit(0);
	}
	for (i = 0; i < 3; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(each(&s, NULL), 0);
	assert_int_equal(s.n, 15);
}

static void
where_it_cannot_be_written_that_is_said(void **state)
{
	struct gv_repo *repo;

	(void)state;
	setenv("GIT_QUARANTINE_PATH", "/nowhere", 1);
	repo = open_repo();
	assert_int_equal(
	    gv_audit_add(repo,
		&(struct gv_audit_event){ .what = "unseal", .time = NOW }),
	    GV_EREFUSED);
	assert_non_null(strstr(gv_err_message(), "cannot tell of it"));
	gv_repo_close(repo);
	unsetenv("GIT_QUARANTINE_PATH");
}

/* The number and kind of each event, the newest first. */
static int
list(void *ctx, const struct gv_audit_entry *e)
{
	gv_buf_addf(ctx, "%llu %s%s\n", (unsigned long long)e->number, e->what,
	    e->told ? " waited" : "");
	return 0;
}

static void
expect_events(const char *text)
{
	struct gv_repo *repo = open_repo();
	struct gv_buf ref = GV_BUF_INIT, found = GV_BUF_INIT;

	gv_audit_ref(&ref, repo);
	assert_int_equal(gv_audit_each(repo, ref.p, NULL, list, &found), 0);
	assert_string_equal(found.p, text);
	gv_buf_release(&found);
	gv_buf_release(&ref);
	gv_repo_close(repo);
}

static void
wait_for(const char *what, int64_t time)
{
	const struct gv_audit_event e = { .what = what, .time = time };
	struct gv_repo *repo = open_repo();

	gv_err(GV_ERROR, "the disk is full");
	assert_int_equal(gv_audit_wait(repo, &e, GV_ERROR), GV_ERROR);
	assert_non_null(strstr(gv_err_message(),
	    "waits in .git/" GV_AUDIT_QUEUE " and is recorded with the next "
	    "one: the disk is full"));
	gv_repo_close(repo);
}

static void
what_waited_is_told_first_and_once(void **state)
{
	(void)state;
	add("unseal", NULL, NULL);
	wait_for("restore", NOW - 5);
	wait_for("repair", NOW - 9);
	add("export", NULL, NULL);
	add("export", NULL, NULL);
	expect_events("5 export\n4 export\n3 restore waited\n"
		      "2 repair waited\n1 unseal\n");
	sh("test -z \"$(ls .git/vault/audit-queue)\"");
}

static void
in_a_quarantine_nothing_waits(void **state)
{
	const struct gv_audit_event e = { .what = "restore", .time = NOW };
	struct gv_repo *repo;

	(void)state;
	setenv("GIT_QUARANTINE_PATH", "/nowhere", 1);
	repo = open_repo();
	assert_int_equal(gv_audit_wait(repo, &e, GV_EREFUSED), GV_EREFUSED);
	assert_non_null(strstr(gv_err_message(), "note elsewhere"));
	gv_repo_close(repo);
	unsetenv("GIT_QUARANTINE_PATH");
	sh("test ! -e .git/vault/audit-queue");
}

static void
a_chain_without_numbers_is_counted(void **state)
{
	(void)state;
	add("unseal", NULL, NULL);
	add("export", NULL, NULL);
	sh("ref=$(git for-each-ref --format='%(refname)' refs/vault/audit) && "
	   "p= && for c in $(git rev-list --reverse $ref); do "
	   "p=$(git cat-file commit $c | sed \"/^Vault-Number/d; "
	   "${p:+s/^parent .*/parent $p/}\" | "
	   "git hash-object -t commit -w --stdin); done && "
	   "git update-ref $ref $p");
	expect_events("0 export\n0 unseal\n");
	add("rotate", NULL, NULL);
	expect_events("3 rotate\n0 export\n0 unseal\n");
}

#define IN_REPO(f) cmocka_unit_test_setup_teardown(f, enter, scratch_leave)

UNIT(audit)
{
	const struct CMUnitTest tests[] = {
		IN_REPO(an_event_says_all),
		IN_REPO(of_many_ids_there_are_some_and_the_sum),
		IN_REPO(events_stand_behind_each_other),
		IN_REPO(what_is_no_kind_is_not_written),
		IN_REPO(what_was_changed_is_seen),
		IN_REPO(a_chain_that_was_set_back_is_seen),
		IN_REPO(none_is_lost_to_another_process),
		IN_REPO(where_it_cannot_be_written_that_is_said),
		IN_REPO(what_waited_is_told_first_and_once),
		IN_REPO(in_a_quarantine_nothing_waits),
		IN_REPO(a_chain_without_numbers_is_counted),
	};

	/* events are told when they happen, but for those that wait */
	setenv("GIT_VAULT_TEST_TIME", NOW_TEXT, 1);
	return UNIT_RUN(tests);
}

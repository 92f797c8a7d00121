/* lib/safe/safe: a value that is put comes back in the next command, nothing is
 * encrypted twice for the same readers, and others cannot read it. */
#include "safe/deposit.h"
#include "safe/inventory.h"
#include "safe/safe.h"
#include "safe/safe_placeholder.h"
#include "safe/safe_reader.h"
#include "safe/safe_resealed.h"
#include "safe/safe_sops.h"
#include "safe/safe_who.h"
#include "safe/safe_writer.h"
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/scrypt.h"
#include "scratch.h"
#include "audit/audit.h"
#include "key/idkey.h"
#include "key/keyfile.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "safe/safe_internal.h"
#include "safe/safe_reseal_worker.h"
#include "sys/workers.h"
#include "unit/locked.h"
#include "unit/people.h"

#define NOW ((int64_t)1795158764)

/* A command: a repository, its safe, a pack. */
struct command {
	struct gv_repo *repo;
	struct gv_safe *safe;
	struct gv_odb *odb;
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
};

static int asked;
static const char *passphrase = "correct horse";

static int
ask(void *ctx, struct gv_secret *out, const char *what)
{
	(void)ctx;
	assert_non_null(strstr(what, "identity"));
	asked++;
	return gv_secret_add(out, passphrase, strlen(passphrase));
}

static int
begin(struct command *c, const char *identity)
{
	const struct gv_safe_opts opts = { .now = NOW,
		.made = gv_audit_tell_made,
		.identities = identity ? &identity : NULL,
		.n_identities = identity != NULL,
		.ask = ask };
	struct gv_pack_opts pack = { .no_sync = true };
	int r;

	memset(c, 0, sizeof(*c));
	gv_err_set_message(NULL);
	fine(gv_repo_open(&c->repo, 0));
	fine(gv_repo_odb(c->repo, &c->odb));
	pack.objects_dir = c->repo->objects_dir;
	pack.odb = c->odb;
	fine(gv_pack_open(&c->pack, &pack));
	fine(gv_pack_lane_open(&c->lane, c->pack));
	r = gv_safe_open(&c->safe, c->repo, &opts);
	return r;
}

static void
end(struct command *c)
{
	gv_safe_close(c->safe);
	gv_pack_lane_close(c->lane);
	gv_pack_free(c->pack);
	gv_repo_close(c->repo);
}

static int
publish(struct command *c)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_pack_result result;
	int r;

	fine(gv_safe_publish(c->safe, c->lane, &tx));
	fine(gv_pack_lane_close(c->lane));
	c->lane = NULL;
	fine(gv_pack_finish(c->pack, &result));
	r = tx.lines.len ? gv_ref_commit(&tx, c->repo) : 0;
	gv_ref_tx_release(&tx);
	gv_pack_unkeep(c->pack);
	return r;
}

static struct gv_digest
put(struct command *c, const char *scope, const void *p, size_t len)
{
	struct gv_safe_writer *w;
	struct gv_digest id;

	fine(gv_safe_writer_new(&w, c->safe, c->lane));
	fine(gv_safe_put(w, &id, scope, p, len));
	gv_safe_writer_free(w);
	return id;
}

/* One value by a command of its own; how many were sealed anew. */
static uint64_t
put_alone(struct gv_digest *id, const char *scope, const char *value)
{
	struct command c;
	uint64_t n;

	fine(begin(&c, NULL));
	fine(gv_safe_prepare(c.safe));
	*id = put(&c, scope, value, strlen(value));
	fine(publish(&c));
	n = gv_safe_sealed(c.safe);
	end(&c);
	return n;
}

static int
get(const char *identity, const char *scope, const struct gv_digest *id,
    const char *value)
{
	struct gv_safe_place place = { .scope = scope, .id = *id };
	struct gv_secret out = GV_SECRET_INIT;
	struct gv_safe_reader *reader;
	struct command c;
	int r;

	fine(begin(&c, identity));
	fine(gv_safe_reader_new(&reader, c.safe));
	r = gv_safe_get(reader, &out, &place);
	if (r == 0)
		assert_true(gv_secret_is(&out, value, strlen(value)));
	else
		assert_int_equal(out.len, 0);
	gv_safe_reader_free(reader);
	gv_secret_release(&out);
	end(&c);
	return r;
}

static int
enter(void **state)
{
	if (scratch_enter(state) < 0 || people_enter(state) < 0)
		return -1;
	unsetenv("GIT_VAULT_IDENTITY");
	unsetenv("GIT_VAULT_ID_KEY");
	asked = 0;
	sh("git init -q r && cd r && git commit -q --allow-empty -m one");
	scratch_chdir("r");
	return 0;
}

static int
leave(void **state)
{
	people_leave(state);
	return scratch_leave(state) || locked_all_back(state);
}

#define IDENTITY "../git-vault/identity"

/* ---- the first keyring ---- */

static void
the_first_command_makes_a_key_and_a_keyring(void **state)
{
	const struct gv_safe_news *news;
	struct gv_idkey was;
	struct stat st;
	struct command c;

	(void)state;
	fine(begin(&c, NULL));
	assert_null(gv_safe_keyring(c.safe));
	assert_null(gv_safe_news(c.safe)->print);
	fine(gv_idkey_get(&was, c.repo, NOW));
	fine(gv_safe_prepare(c.safe));
	news = gv_safe_news(c.safe);
	assert_true(news->is_made);
	assert_false(news->is_first_seen);
	assert_false(news->is_random);
	assert_non_null(strstr(news->identity, "/git-vault/identity"));
	assert_non_null(news->print);
	assert_memory_equal(c.safe->idkey.p, was.bytes, GV_IDKEY_BYTES);
	assert_int_equal(gv_safe_keyring(c.safe)->keyring.version, 1);
	end(&c);
	assert_int_equal(stat(IDENTITY, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat("../git-vault", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	sh("test \"$(ls ../git-vault)\" = identity");
	sh("git for-each-ref --format='%(refname)' refs/vault >refs && "
	   "test \"$(sed '/audit/d' refs)\" = refs/vault/keyring && "
	   "test \"$(grep -c audit refs)\" = 1 && rm refs");
	sh("test ! -e .git/vault/idkey");
	/* and the next one has nothing to tell */
	fine(begin(&c, NULL));
	fine(gv_safe_prepare(c.safe));
	news = gv_safe_news(c.safe);
	assert_false(news->is_made || news->is_first_seen || news->is_random);
	assert_null(news->identity);
	assert_memory_equal(c.safe->idkey.p, was.bytes, GV_IDKEY_BYTES);
	end(&c);
}

static void
an_identity_that_is_there_is_taken(void **state)
{
	struct gv_identity id;
	struct command c;

	(void)state;
	fine(gv_keyfile_make(&id, IDENTITY, NOW, NULL));
	gv_identity_release(&id);
	sh("cp " IDENTITY " ../before");
	fine(begin(&c, NULL));
	fine(gv_safe_prepare(c.safe));
	assert_true(gv_safe_news(c.safe)->is_made);
	assert_null(gv_safe_news(c.safe)->identity);
	end(&c);
	sh("cmp " IDENTITY " ../before");
}

static void
what_is_half_made_by_a_killed_one_is_finished(void **state)
{
	struct gv_digest id;

	(void)state;
	assert_int_equal(put_alone(&id, "shared", "a value"), 1);
	sh("git update-ref -d refs/vault/keyring && rm .git/vault/keyring");
	assert_int_equal(put_alone(&id, "shared", "a value"), 1);
	assert_int_equal(get(NULL, "shared", &id, "a value"), 0);
}

static void
a_home_that_cannot_be_written_is_told(void **state)
{
	struct command c;

	(void)state;
	sh(": >../git-vault");
	fine(begin(&c, NULL));
	assert_int_equal(gv_safe_prepare(c.safe), GV_EREFUSED);
	assert_message("GIT_VAULT_IDENTITY");
	assert_message("git vault key add");
	end(&c);
	sh("test -z \"$(git for-each-ref refs/vault)\"");
}

static void
a_named_identity_that_is_missing_is_a_failure(void **state)
{
	struct command c;

	(void)state;
	setenv("GIT_VAULT_IDENTITY", "../no/such/file", 1);
	fine(begin(&c, NULL));
	assert_int_equal(gv_safe_prepare(c.safe), GV_ERROR);
	assert_message("../no/such/file");
	end(&c);
	sh("test ! -e ../no && test ! -e " IDENTITY);
}

static void
of_several_first_ones_one_wins(void **state)
{
	enum { N = 4 };
	pid_t pids[N];
	struct command c;
	int i, status;

	(void)state;
	for (i = 0; i < N; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			struct gv_digest id;
			int r = begin(&c, NULL);

			if (r == 0)
				r = gv_safe_prepare(c.safe);
			if (r < 0)
				fprintf(stderr, "%s\n", gv_err_message());
			else
				id = put(&c, "shared", "x", 1);
			(void)id;
			end(&c);
			_exit(r < 0);
		}
	}
	for (i = 0; i < N; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	sh("test $(git rev-list --count refs/vault/keyring) = 1");
	sh("test \"$(ls ../git-vault)\" = identity");
	fine(begin(&c, NULL));
	fine(gv_safe_prepare(c.safe));
	assert_true(c.safe->has_idkey);
	end(&c);
}

/* ---- in and out ---- */

static void
what_is_put_is_given_back_and_not_sealed_twice(void **state)
{
	struct gv_digest id, again, elsewhere;

	(void)state;
	assert_int_equal(put_alone(&id, "prod", "hunter2hunter2"), 1);
	sh("git rev-parse refs/vault/secrets/prod >../first");
	assert_int_equal(get(NULL, "prod", &id, "hunter2hunter2"), 0);
	assert_int_equal(put_alone(&again, "prod", "hunter2hunter2"), 0);
	assert_true(gv_digest_equal(&id, &again));
	sh("git rev-parse refs/vault/secrets/prod | cmp - ../first");
	assert_int_equal(put_alone(&elsewhere, "dev", "hunter2hunter2"), 1);
	assert_false(gv_digest_equal(&id, &elsewhere));
	assert_int_equal(put_alone(&again, "prod", "another one"), 1);
	assert_int_equal(get(NULL, "prod", &id, "hunter2hunter2"), 0);
	assert_int_equal(get(NULL, "prod", &again, "another one"), 0);
	assert_int_equal(get(NULL, "dev", &again, ""), GV_ENOTFOUND);
	sh("test $(git rev-list --count refs/vault/secrets/prod) = 2");
	sh("git fsck --strict --no-dangling >../out 2>&1; test ! -s ../out");
	sh("test $(git ls-tree -r --name-only refs/vault/secrets/prod |"
	   " grep -cE '^([0-9a-f]{2})/\\1[0-9a-f]{38}\\.age$') = 2");
	sh("test $(git cat-file blob refs/vault/secrets/prod:sealed-for |"
	   " grep -cxE '[0-9a-f]{64}') = 1");
}

static int64_t
read_letters(void *ctx, void *data, size_t len)
{
	size_t *left = ctx, i, n = len < *left ? len : *left;

	for (i = 0; i < n; i++)
		((char *)data)[i] = (char)((*left - i) * 2654435761u >> 13);
	*left -= n;
	return (int64_t)n;
}

static void
a_large_value_is_the_same_held_or_streamed(void **state)
{
	enum { LEN = 700000 };
	struct gv_safe_place place = { .scope = "prod" };
	struct gv_secret out = GV_SECRET_INIT;
	struct gv_safe_reader *reader;
	struct gv_safe_writer *w;
	struct gv_digest id, name;
	char *bytes = malloc(LEN);
	struct command c;
	size_t left = LEN;

	(void)state;
	assert_non_null(bytes);
	fine(begin(&c, NULL));
	fine(gv_safe_prepare(c.safe));
	read_letters(&left, bytes, LEN);
	id = put(&c, "prod", bytes, LEN);
	fine(gv_safe_writer_new(&w, c.safe, c.lane));
	left = LEN;
	fine(gv_safe_put_stream(w, &name, "prod", read_letters, &left));
	assert_true(gv_digest_equal(&id, &name));
	assert_int_equal(gv_safe_sealed(c.safe), 1);
	gv_safe_writer_free(w);
	fine(gv_safe_writer_new(&w, c.safe, NULL));
	left = LEN;
	fine(gv_safe_put_stream(w, &name, "prod", read_letters, &left));
	assert_true(gv_digest_equal(&id, &name));
	fine(gv_safe_put(w, &name, "prod", bytes, LEN));
	assert_true(gv_digest_equal(&id, &name));
	gv_safe_writer_free(w);
	fine(publish(&c));
	end(&c);
	fine(begin(&c, NULL));
	place.id = id;
	fine(gv_safe_reader_new(&reader, c.safe));
	fine(gv_safe_get(reader, &out, &place));
	assert_true(gv_secret_is(&out, bytes, LEN));
	gv_safe_reader_free(reader);
	gv_secret_release(&out);
	end(&c);
	free(bytes);
}

struct storm {
	struct command c;
	struct gv_pack_lane *lanes[4];
};

static int
storm(void *ctx, int i)
{
	struct storm *s = ctx;
	struct gv_safe_writer *w;
	struct gv_digest id;
	char value[32];
	int r = gv_safe_writer_new(&w, s->c.safe, s->lanes[i]), n;

	for (n = 0; r == 0 && n < 300; n++) {
		snprintf(value, sizeof(value), "value number %d", n);
		r = gv_safe_put(
		    w, &id, n % 2 ? "dev" : "prod", value, strlen(value));
	}
	gv_safe_writer_free(w);
	return r;
}

static void
threads_seal_each_value_once(void **state)
{
	struct storm s;
	int i;

	(void)state;
	fine(begin(&s.c, NULL));
	fine(gv_safe_prepare(s.c.safe));
	for (i = 0; i < 4; i++)
		fine(gv_pack_lane_open(&s.lanes[i], s.c.pack));
	fine(gv_workers_run(4, storm, &s));
	for (i = 0; i < 4; i++)
		fine(gv_pack_lane_close(s.lanes[i]));
	assert_int_equal(gv_safe_sealed(s.c.safe), 300);
	fine(publish(&s.c));
	end(&s.c);
	sh("test $(git ls-tree -r --name-only refs/vault/secrets/prod |"
	   " grep -c age) = 150");
}

static int
count(void *ctx, const struct gv_digest *id, const struct gv_oid *object)
{
	struct gv_digest *last = ctx;

	assert_false(gv_oid_is_zero(object));
	assert_true(memcmp(last->bytes, id->bytes, GV_DIGEST_BYTES) < 0);
	*last = *id;
	return 0;
}

static void
the_values_of_a_scope_are_visited_in_order(void **state)
{
	struct gv_digest last = { { 0 } };
	struct command c;
	char value[16];
	int i;

	(void)state;
	fine(begin(&c, NULL));
	fine(gv_safe_prepare(c.safe));
	for (i = 0; i < 20; i++) {
		snprintf(value, sizeof(value), "v%d", i);
		put(&c, "dev", value, strlen(value));
	}
	fine(gv_safe_each(c.safe, "dev", count, &last));
	fine(publish(&c));
	end(&c);
	memset(&last, 0, sizeof(last));
	fine(begin(&c, NULL));
	fine(gv_safe_each(c.safe, "dev", count, &last));
	assert_true(last.bytes[0] != 0);
	fine(gv_safe_each(c.safe, "none", count, &last));
	end(&c);
}

static void
a_value_in_the_place_of_another_is_refused(void **state)
{
	struct gv_digest one, two;

	(void)state;
	put_alone(&one, "prod", "value one");
	put_alone(&two, "prod", "value two");
	sh("git ls-tree -r refs/vault/secrets/prod >../ls &&"
	   "a=$(awk 'NR==1{print $3}' ../ls) && "
	   "b=$(awk 'NR==2{print $3}' ../ls) &&"
	   "sed -e \"s/$a/x/;s/$b/$a/;s/x/$b/\" ../ls >../ls2 &&"
	   "GIT_INDEX_FILE=../ix git update-index --index-info <../ls2 &&"
	   "t=$(GIT_INDEX_FILE=../ix git write-tree) &&"
	   "git update-ref refs/vault/secrets/prod $(git commit-tree -m x $t)");
	assert_int_equal(get(NULL, "prod", &one, ""), GV_ECORRUPT);
	assert_int_equal(get(NULL, "prod", &two, ""), GV_ECORRUPT);
}

/* ---- who may ---- */

/* A keyring of alice's, and her identity in a file. */
static void
owned_by_alice(void)
{
	const struct gv_keyring_change alice = as_owner("alice", ALICE);
	unsigned char sum[GV_IDKEY_SUM];
	const struct gv_keyring_edit edit = {
		.changes = &alice, .n = 1, .time = NOW, .idkey = sum
	};
	struct gv_idkey key = { .bytes = { 42 }, .name = "" };
	const struct gv_safe_version v = { &edit, &people[ALICE].sign, &key };
	struct command c;

	gv_idkey_sum(sum, &key);
	fine(begin(&c, NULL));
	fine(gv_safe_save(c.safe, &v));
	end(&c);
	fine(gv_keyfile_write("../alice", &people[ALICE].id, NOW, NULL));
	fine(gv_keyfile_write("../bob", &people[BOB].id, NOW, NULL));
}

static void
add_bob(const char *scope)
{
	const struct gv_keyring_change changes[] = {
		{ .verb = GV_KEYRING_ADD_SCOPE, .name = scope },
		{ .verb = GV_KEYRING_ADD,
		    .name = "bob",
		    .role = GV_KEYRING_READER,
		    .scopes = &scope,
		    .n_scopes = 1,
		    .key = people[BOB].key.p },
	};
	struct gv_keyring_edit edit = {
		.changes = changes, .n = 2, .time = NOW
	};
	struct gv_idkey key = { .bytes = { 42 }, .name = "" };
	const struct gv_safe_version v = { &edit, &people[ALICE].sign, &key };
	struct command c;

	fine(begin(&c, NULL));
	edit.before = &gv_safe_keyring(c.safe)->keyring;
	fine(gv_safe_save(c.safe, &v));
	end(&c);
}

static void
who_has_no_key_is_told_so_and_names_by_a_key_of_his_own(void **state)
{
	struct gv_digest id, mine;
	struct command c;

	(void)state;
	owned_by_alice();
	setenv("GIT_VAULT_IDENTITY", "../alice", 1);
	put_alone(&id, "prod", "a value");
	unsetenv("GIT_VAULT_IDENTITY");
	assert_int_equal(get(NULL, "prod", &id, ""), GV_ENOKEY);
	assert_message("git-vault/identity");
	assert_int_equal(get("../bob", "prod", &id, ""), GV_ENOKEY);
	assert_message("prod");
	assert_int_equal(get("../alice", "prod", &id, "a value"), 0);
	fine(begin(&c, NULL));
	fine(gv_safe_prepare(c.safe));
	mine = put(&c, "prod", "a value", 7);
	assert_true(gv_safe_news(c.safe)->is_random);
	assert_false(gv_digest_equal(&mine, &id));
	end(&c);
	sh("test ! -e " IDENTITY);
}

static void
what_a_stranger_has_sealed_is_held_to_its_id_too(void **state)
{
	struct gv_digest small, swapped;
	char *large = malloc(700001);

	(void)state;
	owned_by_alice();
	put_alone(&small, "prod", "a stranger's");
	put_alone(&swapped, "prod", "another one");
	assert_int_equal(get("../alice", "prod", &small, "a stranger's"), 0);
	sh("test $(git ls-tree --name-only refs/vault/secrets/prod |"
	   " grep -cE '^idkey-[0-9a-f]{8}\\.age$') = 1");
	/* alice's own are named by the key of all */
	setenv("GIT_VAULT_IDENTITY", "../alice", 1);
	assert_int_equal(put_alone(&swapped, "prod", "another one"), 1);
	/* a large one is read to the end before anybody gets it */
	unsetenv("GIT_VAULT_IDENTITY");
	assert_non_null(large);
	memset(large, 'x', 700000);
	large[700000] = '\0';
	put_alone(&swapped, "prod", large);
	assert_int_equal(get("../alice", "prod", &swapped, large), 0);
	/* and for whom comes later, too */
	setenv("GIT_VAULT_IDENTITY", "../alice", 1);
	add_bob("prod");
	{
		struct gv_safe_resealed done = { .values = 0 };
		struct command c;

		fine(begin(&c, NULL));
		fine(gv_safe_reseal(&done, c.safe, "prod", NULL, NULL));
		assert_true(done.values > 3);
		assert_int_equal(done.n_ids, done.values);
		free(done.ids);
		end(&c);
	}
	assert_int_equal(get("../bob", "prod", &swapped, large), 0);
	assert_int_equal(get("../bob", "prod", &small, "a stranger's"), 0);
	free(large);
}

static void
the_key_of_ids_may_come_by_the_environment(void **state)
{
	struct gv_idkey key = { .bytes = { 42 }, .name = "" };
	char digits[2 * GV_IDKEY_BYTES + 1];
	struct gv_digest id, same;
	struct command c;

	(void)state;
	owned_by_alice();
	setenv("GIT_VAULT_IDENTITY", "../alice", 1);
	put_alone(&id, "prod", "a value");
	unsetenv("GIT_VAULT_IDENTITY");
	gv_enc_hex(digits, key.bytes, sizeof(key.bytes));
	setenv("GIT_VAULT_ID_KEY", digits, 1);
	/* a key for fingerprints names no values that only readers may see */
	assert_int_equal(put_alone(&same, "prod", "a value"), 1);
	assert_false(gv_digest_equal(&id, &same));
	digits[5] = 'f';
	setenv("GIT_VAULT_ID_KEY", digits, 1);
	fine(begin(&c, NULL));
	assert_int_equal(gv_safe_prepare(c.safe), GV_EREFUSED);
	assert_message("GIT_VAULT_ID_KEY");
	assert_null(strstr(gv_err_message(), digits));
	end(&c);
	setenv("GIT_VAULT_ID_KEY", "soon", 1);
	fine(begin(&c, NULL));
	assert_int_equal(gv_safe_prepare(c.safe), GV_EREFUSED);
	end(&c);
}

static void
for_new_readers_values_are_sealed_anew(void **state)
{
	struct gv_digest id, other;

	(void)state;
	owned_by_alice();
	setenv("GIT_VAULT_IDENTITY", "../alice", 1);
	assert_int_equal(put_alone(&id, "dev", "a value"), 1);
	assert_int_equal(put_alone(&other, "prod", "a value"), 1);
	add_bob("dev");
	/* what is there is not for him yet */
	assert_int_equal(get("../bob", "dev", &id, ""), GV_ENOKEY);
	assert_int_equal(put_alone(&id, "dev", "a value"), 1);
	assert_int_equal(get("../bob", "dev", &id, "a value"), 0);
	assert_int_equal(get("../alice", "dev", &id, "a value"), 0);
	sh("test $(git cat-file blob refs/vault/secrets/dev:sealed-for |"
	   " wc -l) = 2");
	/* prod is as it was */
	assert_int_equal(put_alone(&other, "prod", "a value"), 0);
	assert_int_equal(get("../bob", "prod", &other, ""), GV_ENOKEY);
}

/* ---- encrypted again ---- */

static int
keep_value(void *ctx, const void *data, size_t len)
{
	return gv_secret_add(ctx, data, len);
}

/* Open a value of prod, or what stands under its id, as to encrypt it again. */
static int
open_again(struct command *c, const struct gv_oid *object,
    const struct gv_digest *id, const char *value)
{
	struct gv_safe_batch batch = { .safe = c->safe, .pack = c->pack };
	struct gv_safe_worker worker = { .value = GV_SECRET_INIT };
	int r;

	batch.scope = gv_safe_scope_get(&r, c->safe, "prod");
	fine(r);
	fine(gv_safe_scope_ready(batch.scope, c->safe));
	fine(gv_safe_worker_open(&worker, &batch));
	r = gv_safe_worker_value(&worker, object, id, keep_value);
	if (r == 0)
		assert_true(gv_secret_is(&worker.value, value, strlen(value)));
	fine(gv_safe_worker_close(&worker));
	return r;
}

static struct gv_oid
object_of(struct command *c, const char *scope, const struct gv_digest *id)
{
	const struct gv_safe_entry *e;
	struct gv_safe_scope *s;
	int r;

	s = gv_safe_scope_get(&r, c->safe, scope);
	fine(r);
	fine(gv_safe_scope_ready(s, c->safe));
	e = gv_safe_scope_find(s, id);
	assert_non_null(e);
	return e->object;
}

/* Another key that names new values, in front of those that there are. */
static struct gv_safe_keys *
add_newest_key(struct command *c)
{
	struct gv_secret all = GV_SECRET_INIT;
	struct gv_safe_keys *keys;
	int r;

	keys = (struct gv_safe_keys *)gv_safe_keys_of(&r, c->safe, "prod");
	fine(r);
	fine(gv_secret_add_random(&all, GV_DIGEST_KEY));
	fine(gv_secret_add(&all, keys->list.p, keys->list.len));
	gv_secret_release(&keys->list);
	keys->list = all;
	keys->n++;
	return keys;
}

static void
a_value_is_held_to_its_id_before_it_is_sealed_again(void **state)
{
	const char *value = "a value of prod";
	struct gv_digest id, other, dev;
	struct gv_safe_keys *keys;
	struct gv_oid object, planted;
	struct command c;

	(void)state;
	owned_by_alice();
	setenv("GIT_VAULT_IDENTITY", "../alice", 1);
	assert_int_equal(put_alone(&id, "prod", value), 1);
	assert_int_equal(put_alone(&dev, "dev", value), 1);
	fine(begin(&c, NULL));
	object = object_of(&c, "prod", &id);
	planted = object_of(&c, "dev", &dev);
	assert_int_equal(open_again(&c, &object, &id, value), 0);
	other = id;
	other.bytes[0] ^= 1;
	assert_int_equal(open_again(&c, &object, &other, ""), GV_ECORRUPT);
	/* an object of another scope, under an id of this one: the same value
	 * has another id there */
	assert_int_equal(open_again(&c, &planted, &dev, ""), GV_ECORRUPT);
	/* an older key of the scope named it: it keeps its id */
	keys = add_newest_key(&c);
	assert_int_equal(open_again(&c, &object, &id, value), 0);
	/* no key of the scope did */
	gv_secret_truncate(&keys->list, GV_DIGEST_KEY);
	keys->n = 1;
	assert_int_equal(open_again(&c, &object, &id, ""), GV_ECORRUPT);
	end(&c);
	fine(begin(&c, "../bob"));
	assert_int_equal(open_again(&c, &object, &id, ""), GV_ENOKEY);
	end(&c);
}

/* ---- identities ---- */

static void
a_passphrase_is_asked_for_only_where_it_is_needed(void **state)
{
	struct gv_recipient to = GV_RECIPIENT_INIT;
	const struct gv_recipient *all = &to;
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_buf file = GV_BUF_INIT;
	const struct gv_identity *const *with;
	struct gv_digest id;
	struct command c;
	size_t n;

	(void)state;
	owned_by_alice();
	fine(gv_identity_format(&text, &people[ALICE].id));
	fine(gv_recipient_passphrase(&to, passphrase, strlen(passphrase), 4));
	fine(gv_age_seal(&file, &all, 1, text.p, text.len));
	{
		FILE *f = fopen("../sealed-identity", "wb");

		assert_non_null(f);
		assert_int_equal(fwrite(file.p, 1, file.len, f), file.len);
		assert_int_equal(fclose(f), 0);
	}
	sh("chmod 600 ../sealed-identity");
	setenv("GIT_VAULT_IDENTITY", "../sealed-identity", 1);
	fine(begin(&c, NULL));
	assert_int_equal(asked, 0);
	fine(gv_safe_prepare(c.safe));
	assert_int_equal(asked, 1);
	id = put(&c, "prod", "a value", 7);
	fine(publish(&c));
	fine(gv_safe_identities(&with, &n, c.safe));
	assert_int_equal(n, 1);
	assert_int_equal(asked, 1);
	end(&c);
	assert_int_equal(get(NULL, "prod", &id, "a value"), 0);
	assert_int_equal(asked, 2);
	passphrase = "wrong";
	assert_int_equal(get(NULL, "prod", &id, ""), GV_ENOKEY);
	assert_message("passphrase");
	passphrase = "correct horse";
	gv_secret_release(&text);
	gv_buf_release(&file);
	gv_recipient_release(&to);
}

static void
a_file_that_others_can_read_is_told(void **state)
{
	struct gv_digest id;
	struct command c;

	(void)state;
	put_alone(&id, "prod", "a value");
	sh("chmod 640 " IDENTITY);
	fine(begin(&c, NULL));
	fine(gv_safe_prepare(c.safe));
	assert_non_null(gv_safe_news(c.safe)->exposed);
	assert_non_null(
	    strstr(gv_safe_news(c.safe)->exposed, "git-vault/identity"));
	end(&c);
	assert_int_equal(get(NULL, "prod", &id, "a value"), 0);
}

static void
who_only_looks_makes_nothing(void **state)
{
	struct gv_digest one, two;
	struct command c;

	(void)state;
	fine(begin(&c, NULL));
	fine(gv_safe_prepare_names(c.safe));
	fine(gv_safe_name(&one, c.safe, "prod", "x", 1));
	end(&c);
	fine(begin(&c, NULL));
	fine(gv_safe_prepare_names(c.safe));
	fine(gv_safe_name(&two, c.safe, "prod", "x", 1));
	end(&c);
	assert_false(gv_digest_equal(&one, &two));
	sh("test -z \"$(git for-each-ref refs/vault)\" && "
	   "test ! -e .git/vault/idkey && test ! -e ../git-vault");
}

static void
an_identity_is_never_written_over(void **state)
{
	struct gv_identity id;

	(void)state;
	fine(gv_keyfile_make(&id, "new", NOW, NULL));
	gv_identity_release(&id);
	sh("cp new old");
	assert_int_equal(gv_keyfile_make(&id, "new", NOW, NULL), GV_EEXISTS);
	sh("cmp new old && test \"$(ls | wc -l)\" = 2");
	sh("grep -q '^# public key: age1' new");
}

/* ---- sealed-for ---- */

#define H64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define H40 "0123456789abcdef0123456789abcdef01234567"

static void
the_file_sealed_for_has_one_form(void **state)
{
	static const char *const good[] = { H64 "\n",
		H64 "\n" H64 " " H40 "\n" };
	static const char *const bad[] = { "", "\n", H64, H64 "\n\n",
		H64 "\n" H64 "\n", H64 "\n" H64 " " H40,
		H64 "\n" H64 "\t" H40 "\n", H64 "\n" H64 " " H64 "\n",
		H64 "\n" H64 " 0123456789ABCDEF0123456789abcdef01234567\n",
		H64 "\n" H64 " x123456789abcdef0123456789abcdef01234567\n" };
	struct gv_safe_sealed_for f;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		fine(gv_safe_sealed_for_parse(&f, good[i], strlen(good[i])));
		assert_int_equal(f.is_mixed, i);
		gv_buf_reset(&text);
		gv_safe_sealed_for_format(&text, &f);
		assert_string_equal(text.p, good[i]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    gv_safe_sealed_for_parse(&f, bad[i], strlen(bad[i])),
		    GV_ECORRUPT);
	gv_buf_release(&text);
}

#define T(f) cmocka_unit_test_setup_teardown(f, enter, leave)

#define ID40 "abcdef0123456789abcdef0123456789abcdef01"

/* Only a rule and an id, in brackets, stand for a value. */
static void
what_is_no_placeholder_is_passed_over(void **state)
{
	static const char *const no[] = { "GITVAULT[", "GITVAULT[]",
		"GITVAULT[rule]", "GITVAULT[rule:ab]",
		"GITVAULT[RULE:" ID40 "]", "GITVAULT[rule:" ID40,
		"GITVAULT[rule:" ID40 ")", "GITVAULT[rule-" ID40 "]",
		"GITVAULT[rule:x" ID40 "]", "GITVAULT[:" ID40 "]" };
	struct gv_safe_placeholder found;
	char text[400];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		assert_false(
		    gv_safe_placeholder_next(&found, no[i], strlen(no[i]), 0));
		(void)snprintf(
		    text, sizeof(text), "%s GITVAULT[a-1:" ID40 "]!", no[i]);
		assert_true(
		    gv_safe_placeholder_next(&found, text, strlen(text), 0));
		assert_int_equal(found.at, strlen(no[i]) + 1);
		assert_int_equal(found.len, strlen("GITVAULT[a-1:" ID40 "]"));
		assert_int_equal(found.id.bytes[0], 0xab);
	}
}

static void
without_a_keyring_nobody_reads_and_nothing_is_encrypted(void **state)
{
	static const char *const scopes[] = { "prod" };
	struct gv_secret text = GV_SECRET_INIT;
	struct gv_safe_sops *sops;
	struct command c;
	bool reads = true;

	(void)state;
	fine(begin(&c, NULL));
	fine(gv_safe_may_read(&reads, c.safe, "prod"));
	assert_false(reads);
	assert_int_equal(
	    gv_deposit_seal(&text, c.safe, scopes, 1, &text), GV_EREFUSED);
	assert_non_null(strstr(gv_err_message(), "no keyring to encrypt for"));
	assert_int_equal(
	    gv_safe_sops_open(&sops, c.safe, GV_DOC_FORMAT_INI, "", 0),
	    GV_EREFUSED);
	assert_non_null(strstr(gv_err_message(), "YAML and JSON"));
	end(&c);
}

/* What is in the folder of a scope under another name than git-vault gives is
 * passed over. */
static void
a_name_that_is_no_id_is_no_value(void **state)
{
	struct gv_digest id, other;

	(void)state;
	assert_int_equal(put_alone(&id, "shared", "a value"), 1);
	sh("ref=refs/vault/secrets/shared && folder=$(git ls-tree --name-only "
	   "-d $ref | head -n 1) && name=$(git ls-tree --name-only "
	   "$ref:$folder | head -n 1) && blob=$(git rev-parse "
	   "$ref:$folder/$name) && upper=$folder$(echo $name | cut -c 3- | "
	   "tr a-f A-F | sed 's/AGE/age/') && sub=$({ git ls-tree $ref:$folder; "
	   "printf '100644 blob %s\\t%s\\n' $blob $upper; } | git mktree) && "
	   "tree=$({ git ls-tree $ref | grep -v \"\t$folder$\"; "
	   "printf '040000 tree %s\\t%s\\n' $sub $folder; } | git mktree) && "
	   "git update-ref $ref $(git commit-tree -m x -p $ref $tree)");
	assert_int_equal(get(NULL, "shared", &id, "a value"), 0);
	assert_int_equal(put_alone(&other, "shared", "another"), 1);
}

static void
too_few_digits_of_an_id_name_no_secret(void **state)
{
	struct gv_inventory_value two[] = {
		{ .id = { .bytes = { 0xab, 0xcd, 1 } } },
		{ .id = { .bytes = { 0xab, 0xcd, 2 } } },
	};
	const struct gv_inventory inv = { .values = two, .n = 2 };
	const struct gv_digest other = { .bytes = { 0xab } };
	const struct gv_inventory_value *found = NULL;

	(void)state;
	assert_int_equal(gv_inventory_find(&found, &inv, "abcd"), GV_EREFUSED);
	assert_string_equal(
	    gv_err_message(), "'abcd' matches 2 secrets; give more digits");
	fine(gv_inventory_find(&found, &inv, "abcd02"));
	assert_ptr_equal(found, &two[1]);
	assert_ptr_equal(gv_inventory_get(&inv, &two[0].id), &two[0]);
	assert_null(gv_inventory_get(&inv, &other));
}

UNIT(safe)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_placeholder_is_passed_over),
		T(the_first_command_makes_a_key_and_a_keyring),
		T(an_identity_that_is_there_is_taken),
		T(what_is_half_made_by_a_killed_one_is_finished),
		T(a_home_that_cannot_be_written_is_told),
		T(a_named_identity_that_is_missing_is_a_failure),
		T(of_several_first_ones_one_wins),
		T(what_is_put_is_given_back_and_not_sealed_twice),
		T(a_large_value_is_the_same_held_or_streamed),
		T(threads_seal_each_value_once),
		T(the_values_of_a_scope_are_visited_in_order),
		T(a_value_in_the_place_of_another_is_refused),
		T(who_has_no_key_is_told_so_and_names_by_a_key_of_his_own),
		T(what_a_stranger_has_sealed_is_held_to_its_id_too),
		T(the_key_of_ids_may_come_by_the_environment),
		T(for_new_readers_values_are_sealed_anew),
		T(a_value_is_held_to_its_id_before_it_is_sealed_again),
		T(a_passphrase_is_asked_for_only_where_it_is_needed),
		T(a_file_that_others_can_read_is_told),
		T(who_only_looks_makes_nothing),
		T(an_identity_is_never_written_over),
		cmocka_unit_test(the_file_sealed_for_has_one_form),
		T(without_a_keyring_nobody_reads_and_nothing_is_encrypted),
		T(a_name_that_is_no_id_is_no_value),
		cmocka_unit_test(too_few_digits_of_an_id_name_no_secret),
	};

	return UNIT_RUN(tests);
}

#ifndef VAULT_OF_KEYS_H
#define VAULT_OF_KEYS_H
/*
 * A repository with a keyring, for a test: made and changed through the front
 * door, or by whoever may push, and loaded as the next command would.
 *
 *	begin(&one);
 *	push_anything(&forged, REF);
 *	refuses(GV_EREFUSED, "of no owner");
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "repo/refs.h"
#include "scratch.h"
#include "key/idkey.h"
#include "key/keyring_store.h"
#include "repo/repo.h"
#include "unit/people.h"

static const struct gv_idkey idkey = { .bytes = { 42 }, .name = "" };

static inline int
enter(void **state)
{
	if (scratch_enter(state) < 0 || people_enter(state) < 0)
		return -1;
	sh("git init -q r && cd r && git commit -q --allow-empty -m one");
	scratch_chdir("r");
	return 0;
}

static inline int
leave(void **state)
{
	people_leave(state);
	return scratch_leave(state);
}

/* ---- what a test does, each time as another command ---- */

static inline struct gv_repo *
open_repo(void)
{
	struct gv_repo *repo;

	fine(gv_repo_open(&repo, 0));
	return repo;
}

/* Load, as the next command would. */
static inline int
load(struct gv_keyring_kept *kept)
{
	struct gv_repo *repo = open_repo();
	int r;

	gv_err_set_message(NULL);
	r = gv_keyring_load(kept, repo);
	gv_repo_close(repo);
	return r;
}

static inline void
load_version(unsigned version)
{
	struct gv_keyring_kept kept;

	fine(load(&kept));
	assert_int_equal(kept.keyring.version, version);
	assert_false(kept.is_unkept);
	gv_keyring_kept_release(&kept);
}

/* It is refused, for this reason, and again: nothing of it is remembered. */
static inline void
refuses(int code, const char *words)
{
	struct gv_keyring_kept kept;
	int i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(load(&kept), code);
		if (strstr(gv_err_message(), words) == NULL)
			fail_msg("%s", gv_err_message());
	}
}

/* A version with its signature and the sealed key. */
struct made {
	struct gv_buf text, sig, sealed;
	struct gv_keyring k;
};

static inline void
make(struct made *m, const struct gv_keyring *before, int signer,
    const struct gv_keyring_change *changes, size_t n)
{
	unsigned char sum[GV_IDKEY_SUM];
	struct gv_keyring_edit edit = {
		.before = before, .changes = changes, .n = n, .time = 1795158764
	};

	*m = (struct made){ GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT,
		{ .version = 0 } };
	gv_idkey_sum(sum, &idkey);
	edit.idkey = before ? NULL : sum;
	fine(gv_keyring_next(&m->text, &edit));
	fine(gv_keyring_parse(&m->k, m->text.p, m->text.len));
	sign_by(&m->sig, signer, m->text.p, m->text.len);
	fine(gv_keyring_seal_idkey(&m->sealed, &m->k, &idkey, NULL));
}

static inline void
drop(struct made *m)
{
	gv_keyring_release(&m->k);
	gv_buf_release(&m->text);
	gv_buf_release(&m->sig);
	gv_buf_release(&m->sealed);
}

static inline int
save(const struct made *m, const struct gv_keyring_kept *was)
{
	const struct gv_keyring_parts parts = { .text = m->text.p,
		.len = m->text.len,
		.sig = m->sig.p,
		.sig_len = m->sig.len,
		.sealed = m->sealed.p,
		.sealed_len = m->sealed.len,
		.now = 1795158764 };
	struct gv_repo *repo = open_repo();
	int r = gv_keyring_save(repo, was, &parts);

	gv_repo_close(repo);
	return r;
}

/* The first version: alice owns it. */
static inline void
begin(struct made *m)
{
	const struct gv_keyring_change alice = as_owner("alice", ALICE);

	make(m, NULL, ALICE, &alice, 1);
	fine(save(m, NULL));
}

/* The next version by an edit, through the front door. */
static inline int
change(int signer, const struct gv_keyring_change *c)
{
	struct gv_keyring_kept was;
	struct made m;
	int r;

	fine(load(&was));
	make(&m, &was.keyring, signer, c, 1);
	r = save(&m, &was);
	drop(&m);
	gv_keyring_kept_release(&was);
	return r;
}

static inline void
add_scope(const char *name)
{
	const struct gv_keyring_change c = { .verb = GV_KEYRING_ADD_SCOPE,
		.name = name };

	fine(change(ALICE, &c));
}

static inline void
put(const char *path, const struct gv_buf *b)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(b->p, 1, b->len, f), b->len);
	assert_int_equal(fclose(f), 0);
}

/* What whoever may push can do: any version on any other. `parent` is a word
 * of git, "" for none. */
static inline void
push_anything(const struct made *m, const char *parent)
{
	put("../text", &m->text);
	put("../sig", &m->sig);
	put("../sealed", &m->sealed);
	setenv("PARENT", parent, 1);
	sh("b () { git hash-object -w \"../$1\"; } &&"
	   "tree=$({ printf '100644 blob %s\\tidkey.age\\n' $(b sealed);"
	   "printf '100644 blob %s\\tkeyring\\n' $(b text);"
	   "test ! -s ../sig ||"
	   "printf '100644 blob %s\\tkeyring.sig\\n' $(b sig); } |"
	   "git mktree) && git update-ref refs/vault/keyring "
	   "$(git commit-tree -m x ${PARENT:+-p $(git rev-parse $PARENT)} "
	   "$tree)");
}

#define REF GV_REF_KEYRING

#endif

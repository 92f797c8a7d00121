#ifndef GV_SAFE_H
#define GV_SAFE_H
/*
 * The safe of a repository, as a command has it open: the keyring, the key of
 * ids, the identities of who we are, and the values that are sealed already, by
 * scope and id, in refs/vault/secrets/<scope>. safe_writer.h puts values in,
 * safe_reader.h takes them out; where they stood in files is for redact.h and
 * withheld.h, how one is sealed for seal.h, who may read it for keyring.h.
 *
 *	r = gv_safe_open(&safe, repo, &opts);
 *	…
 *	gv_safe_close(safe);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_keyring_kept;
struct gv_refs;
struct gv_repo;
struct gv_safe;
struct gv_secret;

struct gv_safe_opts {
	int64_t now; /* seconds since 1970 */
	/* files of identities; none: $GIT_VAULT_IDENTITY, else
	 * ~/.config/git-vault/identity and the user's ssh-ed25519 keys */
	const char *const *identities;
	size_t n_identities;
	/* append the passphrase of what the text names. 0, or negative to give
	 * up; NULL: nobody can be asked, and such a file opens nothing */
	int (*ask)(void *ctx, struct gv_secret *out, const char *what);
	void *ctx;
	/* called when the first keyring was made here, with the name of its
	 * owner, to record it in the audit chain: gv_audit_tell_made(). 0, or a
	 * failure. May be NULL */
	int (*made)(struct gv_repo *repo, struct gv_safe *safe,
	    const char *owner, int64_t now);
	bool is_locked; /* the caller has gv_repo_lock() */
	/* the user has asked for what the remote has: where there is no keyring
	 * here, that of the remote is used, and its fingerprint is shown */
	bool takes_keyring;
	/* with that: the repository's asker is asked first, and its no stands
	 */
	bool asks_keyring;
	/* what a bundle has, as sync.h says, to be merged beside what fetches
	 * brought; while the safe is opened. NULL: none */
	const struct gv_refs *given;
};

/* What the user is to be told, each once. Texts live as long as the safe. */
struct gv_safe_news {
	bool is_made;         /* the keyring was made just now … */
	const char *identity; /* … for the key in this file, also just made;
				 NULL: one that was there */
	bool is_first_seen;   /* the keyring was pinned just now */
	const char *print;    /* its fingerprint; NULL: there is no keyring */
	bool is_random;       /* the key of ids is this host's own: values that
				 others sealed are sealed again */
	bool is_lost;    /* … although this user alone opened it all: their
			    key is gone */
	const char *add; /* … the command by which an owner has this host
			    among the readers; NULL: not known */
	const char *unmerged;  /* why something that a fetch brought is not
				  taken, such as another keyring; NULL */
	const char *put_off;   /* why something that a fetch brought could not
				  be merged now; the next one tries again;
				  NULL */
	int put_off_code;      /* what kind of failure that was */
	const char *exposed;   /* an identity file that others can read; NULL */
	const char *shut;      /* why an identity opens nothing: a service
				  has wrapped it, or it is damaged; NULL */
	const char *unreached; /* why a vault of others was not given a value
				  that is kept in both; NULL */
	const char *barred;    /* why a vault of others gives no value to us;
				  NULL */
	const char *untold;    /* what is done, values that are opened or the
				  keyring made, and why the audit chain does
				  not tell of it; NULL */
};

/* Open it: the keyring is loaded and checked, and what a fetch brought is
 * merged as gv_safe_merge() says; identities are looked at when one is needed.
 * That there is no keyring is no failure. `repo` must outlive it, `opts` is
 * copied. 0; GV_EREFUSED and GV_ECORRUPT as gv_keyring_load(); GV_ENOMEM. */
int gv_safe_open(struct gv_safe **out, struct gv_repo *repo,
    const struct gv_safe_opts *opts);

/* For who has it open for long, after gv_repo_look_again(): whether the keyring
 * is another one by now than that it goes by, by what a fetch brought, too.
 * Then it is to be closed and opened again. Nobody has a writer or a reader. 0
 * or a failure. */
int gv_safe_look_again(bool *is_outdated, struct gv_safe *safe);

/* Forget what is known of the scopes: what was put and published, too, so that
 * more can be. Nobody has a writer or a reader. */
void gv_safe_forget_scopes(struct gv_safe *safe);

/* NULL-safe; wipes. Readers and writers go first. */
void gv_safe_close(struct gv_safe *safe);

/* The keyring; NULL where there is none. */
const struct gv_keyring_kept *gv_safe_keyring(const struct gv_safe *safe);

const struct gv_safe_news *gv_safe_news(const struct gv_safe *safe);

/* Have it among the news that this is done, such as "values are opened", and by
 * the thread's message why the audit chain does not tell of it. 0 or
 * GV_ENOMEM. */
int gv_safe_note_untold(struct gv_safe *safe, const char *done);

/* Merge what fetches brought of other clones, in refs/vault-remote/: the
 * keyring where it goes on from ours, or where there is none, and what is
 * sealed as a union, of two of one id the one that is sealed for who reads the
 * scope now. Nobody has a writer or a reader. Costs a look at refs where
 * nothing came since. 0, also where it cannot be written now; what is not taken
 * is among the news; GV_ENOMEM. */
int gv_safe_merge(struct gv_safe *safe);

/* Have the next who opens the safe look at all that fetches brought, also at
 * what was merged before: a prune has a scope begin again, and then what was
 * merged is not in it any more. 0 or a failure. */
int gv_safe_merge_anew(struct gv_repo *repo);

/* This process changed the keyring: look at it again, and forget what is known
 * of the scopes. Nobody has a writer or a reader. 0, or as gv_safe_open(). */
int gv_safe_reload(struct gv_safe *safe);

#endif

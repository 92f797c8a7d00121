#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "key/keyring_store.h"
#include "replica/replica_internal.h"
#include "replica/target.h"
#include "repo/repo.h"
#include "safe/safe_who.h"
#include "sys/file.h"
#include "sys/lock.h"

#define LOCK_WAIT 10000 /* ms */

static int
open_store(struct gv_replica *rep)
{
	struct gv_store_opts opts;

	gv_target_opts(&opts, rep->target, rep->now);
	opts.promises = rep->memory.promises;
	opts.is_probed = rep->memory.is_probed;
	return gv_store_open(&rep->store, rep->target->url, &opts);
}

/* Which store it is, as the memory says. */
static void
know_store(struct gv_replica *rep)
{
	memcpy(rep->id, rep->memory.store, sizeof(rep->id));
}

static int
open_all(struct gv_replica *rep, const struct gv_safe_opts *opts)
{
	int r = gv_replica_memory_dir(&rep->dir, rep->repo, rep->target->name);

	if (r == 0) {
		gv_buf_addstr(&rep->forget, "rm -r");
		gv_shell_word(&rep->forget, rep->dir.p);
		r = gv_buf_check(&rep->forget);
	}
	if (r == 0)
		r = gv_replica_memory_load(&rep->memory, rep->dir.p);
	if (r < 0 || (r = open_store(rep)) < 0 ||
	    (r = gv_safe_open(&rep->safe, rep->repo, opts)) < 0)
		return r;
	know_store(rep);
	return gv_replica_trust_load(&rep->trust, rep->repo);
}

int
gv_replica_open(struct gv_replica **out, struct gv_repo *repo,
    const struct gv_target *target, const struct gv_safe_opts *opts)
{
	struct gv_replica *rep = calloc(1, sizeof(*rep));
	int r;

	if (rep == NULL)
		return gv_err_nomem();
	rep->dir = rep->forget = (struct gv_buf)GV_BUF_INIT;
	rep->repo = repo;
	rep->target = target;
	rep->is_encrypted = target->encrypts;
	rep->now = opts->now;
	rep->lock = -1;
	if ((r = open_all(rep, opts)) < 0) {
		gv_replica_close(rep);
		return gv_err_in(r, "target %s", target->name);
	}
	*out = rep;
	return 0;
}

void
gv_replica_close(struct gv_replica *rep)
{
	size_t i;

	if (rep == NULL)
		return;
	gv_store_close(rep->store);
	gv_replica_trust_release(&rep->trust);
	for (i = 0; i < rep->n_to; i++)
		gv_recipient_release(&rep->to[i]);
	free(rep->to);
	gv_safe_close(rep->safe);
	if (rep->safe == NULL)
		free((void *)(uintptr_t)rep->with);
	gv_identity_list_release(&rep->own);
	gv_replica_memory_release(&rep->memory);
	gv_buf_release(&rep->dir);
	gv_buf_release(&rep->forget);
	gv_lock_close(rep->lock);
	free(rep);
}

const char *
gv_replica_url(const struct gv_replica *rep)
{
	return gv_store_url(rep->store);
}

int
gv_replica_lock(struct gv_replica *rep)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/" GV_REPLICA_LOCK, rep->dir.p);
	if ((r = gv_buf_check(&path)) < 0)
		return r;
	if ((r = gv_file_mkdirs(AT_FDCWD, rep->dir.p, 0777)) == 0)
		r = gv_lock_open(&rep->lock, path.p, LOCK_WAIT);
	if (r == GV_ELOCKED)
		r = gv_err(GV_ELOCKED,
		    "another git vault works with the target %s; wait for it, "
		    "and run this again",
		    rep->target->name);
	gv_buf_release(&path);
	/* who had the lock may have written */
	if (r == 0) {
		gv_replica_memory_release(&rep->memory);
		r = gv_replica_memory_load(&rep->memory, rep->dir.p);
		know_store(rep);
	}
	return r;
}

int
gv_replica_remember(struct gv_replica *rep)
{
	struct gv_replica_memory *m = &rep->memory;
	struct gv_store_count count;

	gv_store_count(&count, rep->store);
	m->requests += count.requests - rep->before.requests;
	m->bytes_out += count.bytes_out - rep->before.bytes_out;
	m->bytes_in += count.bytes_in - rep->before.bytes_in;
	rep->before = count;
	return gv_replica_memory_save(m, rep->dir.p);
}

int
gv_replica_end(struct gv_replica *rep, int r)
{
	char *before = gv_err_save();
	int saved = gv_replica_remember(rep);

	gv_lock_close(rep->lock);
	rep->lock = -1;
	if (r == 0)
		return gv_err_settle(saved, before);
	gv_err_restore(before);
	return r;
}

int
gv_replica_need_keys(struct gv_replica *rep)
{
	if (rep->n_with)
		return 0;
	if (rep->safe)
		return gv_safe_identities(&rep->with, &rep->n_with, rep->safe);
	return gv_err(GV_ENOKEY,
	    "the copy is encrypted, and no identity is at hand: name the file "
	    "by --identity");
}

static int
add_recipient(struct gv_replica *rep, const struct gv_keyring_recipient *who)
{
	int r;

	/* a writer stores and reads nothing */
	if (who->role == GV_KEYRING_WRITER)
		return 0;
	if (rep->n_to == GV_REPLICA_RECIPIENTS)
		return gv_err(GV_EREFUSED,
		    "the keyring has more readers than the %d that an "
		    "encrypted copy can have; to see them: git vault key list",
		    GV_REPLICA_RECIPIENTS);
	r = gv_recipient_parse(&rep->to[rep->n_to], who->key, strlen(who->key));
	if (r == 0 && rep->to[rep->n_to].kind == GV_RECIPIENT_PLUGIN) {
		/* its plugin would ask somebody at each push */
		gv_recipient_release(&rep->to[rep->n_to]);
		return 0;
	}
	rep->n_to += r == 0;
	return r;
}

int
gv_replica_need_recipients(struct gv_replica *rep)
{
	const struct gv_keyring_kept *kept = gv_safe_keyring(rep->safe);
	size_t i;
	int r = 0;

	if (rep->n_to || !rep->is_encrypted)
		return 0;
	if (kept == NULL)
		return gv_err(GV_EREFUSED,
		    "the target %s is encrypted for the readers of the "
		    "keyring, and there is no keyring yet: the first snapshot "
		    "with a secret makes it, or git vault key add",
		    rep->target->name);
	rep->to = calloc(kept->keyring.n_recipients + 1, sizeof(*rep->to));
	if (rep->to == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < kept->keyring.n_recipients; i++)
		r = add_recipient(rep, &kept->keyring.recipients[i]);
	if (r == 0 && rep->n_to == 0)
		r = gv_err(GV_EREFUSED,
		    "the target %s is to be encrypted, and the keyring has no "
		    "reader with a key of age or ssh",
		    rep->target->name);
	return r;
}

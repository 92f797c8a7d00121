#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "key/keyfile.h"
#include "replica/replica_restore.h"
#include "sys/env.h"

/* ---- the identities at hand --------------------------------------------- */

static int
read_file(struct gv_replica_restore *re, const char *path, bool is_named)
{
	const struct gv_keyfile_with with = { .ask = re->opts->ask,
		.ctx = re->opts->ask_ctx,
		.services = is_named };
	struct gv_keyfile_look look = { .is_exposed = false };
	char *before = gv_err_save();
	int r =
	    gv_keyfile_read(&re->rep.own, &look, path, is_named ? &with : NULL);

	/* one that nobody named is no reason to give up */
	if (r < 0 && r != GV_ENOMEM && !is_named) {
		gv_err_restore(before);
		return 0;
	}
	return gv_err_settle(r, before);
}

static int
read_usual(struct gv_replica_restore *re)
{
	const char *named = gv_env_get("GIT_VAULT_IDENTITY");
	struct gv_buf own = GV_BUF_INIT, ssh = GV_BUF_INIT;
	int r = 0;

	if (named) {
		r = read_file(re, named, true);
	} else {
		if (gv_keyfile_default(&own) == 0)
			r = read_file(re, own.p, false);
		if (r == 0 && gv_env_expand(&ssh, GV_KEYFILE_SSH) == 0)
			r = read_file(re, ssh.p, false);
	}
	gv_buf_release(&own);
	gv_buf_release(&ssh);
	return r;
}

int
gv_replica_restore_keys(struct gv_replica_restore *restore)
{
	struct gv_replica *rep = &restore->rep;
	const struct gv_identity **with;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < restore->opts->n_identities; i++)
		r = read_file(restore, restore->opts->identities[i], true);
	if (r == 0 && restore->opts->n_identities == 0)
		r = read_usual(restore);
	for (i = 0; r == 0 && i < rep->own.n; i++)
		r = gv_replica_trust_own(&rep->trust, &rep->own.all[i]);
	if (r < 0)
		return r;
	with = calloc(rep->own.n + 1, sizeof(struct gv_identity *));
	if (with == NULL)
		return gv_err_nomem();
	for (i = 0; i < rep->own.n; i++)
		with[i] = &rep->own.all[i];
	rep->with = with;
	rep->n_with = rep->own.n;
	rep->trust.named = restore->opts->signers;
	rep->trust.n_named = restore->opts->n_signers;
	return 0;
}

/* ---- the chains --------------------------------------------------------- */

/* A second look, once the keyring is there, replaces the faults of the first.
 */
int
gv_replica_restore_chains(struct gv_replica_restore *restore)
{
	const struct gv_replica_chain_opts opts = { .until =
							restore->opts->until };
	size_t i;
	int r = 0;

	gv_replica_faults_release(&restore->out->faults);
	for (i = 0; r == 0 && i < restore->all.n; i++) {
		struct gv_replica_branch *b = &restore->branches[i];

		gv_replica_chain_release(&b->chain);
		r = gv_replica_chain_load(&b->chain, &restore->out->faults,
		    &restore->rep, &restore->all.hosts[i], &opts);
		b->is_in = r == 0 && b->chain.state.seq > 0;
		if (r == GV_ENOKEY && restore->rep.n_with)
			r = gv_replica_fault(&restore->out->faults, "unchecked",
			    restore->all.hosts[i].host, "%s", gv_err_message());
	}
	return r;
}

static int
refuse(const struct gv_replica_restore *re)
{
	const struct gv_replica_faults *f = &re->out->faults;
	char time[GV_TIME_MAX];

	if (re->opts->host)
		return gv_err(GV_ENOTFOUND,
		    "the store has no chain of host %s that can be used%s%s",
		    re->opts->host, f->n ? ": " : "",
		    f->n ? f->all[0].text : "");
	if (f->n)
		return gv_err(GV_EREFUSED,
		    "nothing was restored: %s. Compare that key with your "
		    "emergency card; if it is the same, name it by --signer, "
		    "or bring the identity by --identity",
		    f->all[0].text);
	gv_time_rfc3339(time, re->opts->until);
	return gv_err(GV_ENOTFOUND, "the store has nothing as old as %s", time);
}

int
gv_replica_restore_choose(struct gv_replica_restore *restore)
{
	const struct gv_replica_branch *best = NULL, *b;
	size_t i;

	for (i = 0; i < restore->all.n; i++) {
		b = &restore->branches[i];
		if (!b->is_in ||
		    (restore->opts->host &&
			strcmp(restore->opts->host, b->chain.state.host) != 0))
			continue;
		if (best && best->chain.state.time >= b->chain.state.time)
			continue;
		best = b;
		restore->chosen = i;
	}
	return best ? 0 : refuse(restore);
}

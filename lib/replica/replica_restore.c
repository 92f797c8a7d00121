#include "replica/replica_restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "repo/repo.h"

static int
look(struct gv_replica_restore *re)
{
	int r = gv_replica_format_load(NULL, &re->rep);

	if (r == GV_ENOTFOUND)
		return gv_err(GV_ENOTFOUND,
		    "there is no copy at %s: it has no object 'format'",
		    gv_store_url(re->rep.store));
	if (r < 0 || (r = gv_replica_list(&re->all, &re->rep, NULL)) < 0)
		return r;
	if (re->all.n == 0)
		return gv_err(GV_ENOTFOUND,
		    "the store at %s has no manifest: nothing was pushed to "
		    "it yet",
		    gv_store_url(re->rep.store));
	re->branches = calloc(re->all.n, sizeof(*re->branches));
	return re->branches ? 0 : gv_err_nomem();
}

/* What the keyring says, which the trusted chains have brought, holds for the
 * others: a team's hosts sign by keys of their own. */
static int
look_again(struct gv_replica_restore *re)
{
	struct gv_repo *repo = NULL;
	int r;

	if (re->out->faults.n == 0 || re->opts->n_signers)
		return 0;
	if ((r = gv_replica_restore_enter(re)) < 0 ||
	    (r = gv_repo_open(&repo, 0)) < 0)
		return r;
	r = gv_replica_trust_load(&re->rep.trust, repo);
	if (r == 0 && (r = gv_replica_restore_chains(re)) == 0 &&
	    (r = gv_replica_restore_choose(re)) == 0 &&
	    (r = gv_replica_restore_packs(re)) == 0)
		r = gv_replica_restore_refs(re);
	gv_repo_close(repo);
	return r;
}

static int
restore_all(struct gv_replica_restore *re)
{
	const struct gv_replica_manifest *state;
	size_t i;
	int r;

	if ((r = gv_replica_restore_keys(re)) < 0 || (r = look(re)) < 0 ||
	    (r = gv_replica_restore_chains(re)) < 0 ||
	    (r = gv_replica_restore_choose(re)) < 0 ||
	    (r = gv_replica_restore_begin(re)) < 0 ||
	    (r = gv_replica_restore_packs(re)) < 0 ||
	    (r = gv_replica_restore_refs(re)) < 0 || (r = look_again(re)) < 0)
		return r;
	state = &re->branches[re->chosen].chain.state;
	snprintf(re->out->host, sizeof(re->out->host), "%s", state->host);
	re->out->seq = state->seq;
	re->out->time = state->time;
	for (i = 0; i < re->all.n; i++)
		re->out->hosts += re->branches[i].is_in;
	return gv_replica_restore_end(re);
}

static void
release(struct gv_replica_restore *re)
{
	size_t i;

	for (i = 0; re->branches && i < re->all.n; i++)
		gv_replica_chain_release(&re->branches[i].chain);
	free(re->branches);
	gv_replica_listing_release(&re->all);
	gv_buf_release(&re->git_dir);
	free(re->dir);
	gv_store_close(re->rep.store);
	gv_replica_trust_release(&re->rep.trust);
	free((void *)(uintptr_t)re->rep.with);
	gv_identity_list_release(&re->rep.own);
	gv_replica_memory_release(&re->rep.memory);
}

int
gv_replica_restore(struct gv_replica_restored *out,
    const struct gv_target *target, const struct gv_replica_restore_opts *opts)
{
	struct gv_replica_restore re = {
		.out = out, .opts = opts, .git_dir = GV_BUF_INIT
	};
	struct gv_store_opts how;
	int r;

	memset(out, 0, sizeof(*out));
	re.rep.dir = (struct gv_buf)GV_BUF_INIT;
	re.rep.target = target;
	re.rep.now = opts->now;
	re.rep.lock = -1;
	gv_target_opts(&how, target, opts->now);
	how.reads = true;
	if ((r = gv_store_open(&re.rep.store, target->url, &how)) == 0)
		r = restore_all(&re);
	release(&re);
	return r;
}

void
gv_replica_restored_release(struct gv_replica_restored *restored)
{
	gv_replica_faults_release(&restored->faults);
}

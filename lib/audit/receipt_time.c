#include "audit/receipt_time.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit_signers.h"
#include "audit/receipt_chain.h"
#include "base/buf.h"
#include "base/err.h"
#include "record/record.h"
#include "remote/remote.h"
#include "repo/refs.h"
#include "repo/repo.h"

struct job {
	struct gv_repo *repo;
	const struct gv_records *records;
	struct gv_audit_signers signers;
	int64_t *times;
	struct gv_buf *damaged;
};

/* A receipt of another commit is one of another snapshot. */
static int
take_one(struct job *job, size_t i, struct gv_receipt_chain *chain)
{
	const struct gv_record *rec = &job->records->records[i];
	struct gv_receipt receipt = { 0 };
	enum gv_receipt_trust trust;
	int r = gv_receipt_chain_find(&receipt, &trust, chain, rec->id);

	if (r == 0 && trust == GV_RECEIPT_KNOWN &&
	    gv_oid_equal(&receipt.commit, &rec->commit) &&
	    receipt.time < job->times[i])
		job->times[i] = receipt.time;
	gv_receipt_release(&receipt);
	if (r == GV_ECORRUPT) {
		gv_buf_addf(job->damaged, "%s\n", gv_err_message());
		r = gv_buf_check(job->damaged);
	}
	return r == GV_ENOTFOUND ? 0 : r;
}

static int
take_all(struct job *job, const char *prefix)
{
	struct gv_receipt_chains chains;
	size_t i, k;
	int r =
	    gv_receipt_chains_load(&chains, job->repo, prefix, &job->signers);

	for (k = 0; r == 0 && k < chains.n; k++)
		for (i = 0; r == 0 && i < job->records->n; i++)
			r = take_one(job, i, &chains.all[k]);
	gv_buf_add(job->damaged, chains.damaged.p, chains.damaged.len);
	gv_receipt_chains_release(&chains);
	return r < 0 ? r : gv_buf_check(job->damaged);
}

static int
find(struct job *job)
{
	struct gv_buf prefix = GV_BUF_INIT;
	struct gv_remote remote;
	size_t i, at = 0;
	int r;

	job->times = calloc(job->records->n + 1, sizeof(*job->times));
	if (job->times == NULL)
		return gv_err_nomem();
	for (i = 0; i < job->records->n; i++)
		job->times[i] = GV_RECEIPT_NEVER;
	r = take_all(job, GV_REFS_SERVERS);
	while (r == 0 && gv_remote_next(&remote, &at, &job->repo->config)) {
		gv_buf_reset(&prefix);
		gv_buf_addf(&prefix, GV_REFS_REMOTES "%.*s/server/",
		    (int)remote.len, remote.name);
		if ((r = gv_buf_check(&prefix)) == 0)
			r = take_all(job, prefix.p);
	}
	gv_buf_release(&prefix);
	return r;
}

int
gv_receipt_times(int64_t **out, struct gv_repo *repo,
    const struct gv_records *records, struct gv_buf *damaged)
{
	struct job job = { .repo = repo,
		.records = records,
		.signers = GV_AUDIT_SIGNERS_INIT,
		.damaged = damaged };
	int r = gv_receipt_signers(&job.signers, &repo->config);

	if (r == 0 && job.signers.n)
		r = find(&job);
	gv_audit_signers_release(&job.signers);
	if (r < 0) {
		free(job.times);
		return r;
	}
	*out = job.times;
	return 0;
}

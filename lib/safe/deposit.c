#include "safe/deposit.h"

#include "base/err.h"
#include "repo/repo.h"
#include "safe/safe_writer.h"
#include "sys/lock.h"
#include "vault/ledger.h"

int
gv_deposit_name(struct gv_safe *safe, struct gv_deposit *values, size_t n)
{
	size_t i;
	int r = gv_safe_prepare(safe);

	for (i = 0; r == 0 && i < n; i++)
		r = gv_safe_name(&values[i].id, safe, values[i].scope,
		    values[i].p, values[i].len);
	return r;
}

static int
put_all(struct gv_safe *safe, struct gv_ledger_edit *edit,
    struct gv_deposit *values, size_t n)
{
	struct gv_safe_writer *w = NULL;
	size_t i;
	int r = gv_safe_writer_new(&w, safe, edit->lane);

	for (i = 0; r == 0 && i < n; i++)
		r = gv_safe_put(w, &values[i].id, values[i].scope, values[i].p,
		    values[i].len);
	gv_safe_writer_free(w);
	return r < 0 ? r : gv_safe_publish(safe, edit->lane, &edit->tx);
}

static int
write_all(struct gv_repo *repo, struct gv_safe *safe, struct gv_deposit *values,
    size_t n, int64_t now)
{
	struct gv_ledger_edit edit = { 0 };
	int r = gv_ledger_begin(&edit, repo, now);

	if (r == 0 && (r = put_all(safe, &edit, values, n)) == 0 &&
	    edit.tx.lines.len)
		r = gv_ledger_publish(&edit);
	gv_ledger_end(&edit);
	return r == GV_EEXISTS
	    ? gv_err(GV_ELOCKED,
		  "another command encrypted secrets meanwhile; try again")
	    : r;
}

int
gv_deposit_put(struct gv_repo *repo, struct gv_safe *safe,
    struct gv_deposit *values, size_t n, int64_t now)
{
	unsigned mask = gv_repo_share(repo);
	int lock = -1, r = gv_safe_prepare(safe);

	if (r == 0 && (r = gv_repo_lock(&lock, repo, 0)) == 0)
		r = write_all(repo, safe, values, n, now);
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	return r;
}

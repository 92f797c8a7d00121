#include "audit/audit_check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/audit_internal.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/ref.h"
#include "repo/refs.h"

/* ---- what is reported ---- */

static const char *
keep_text(struct gv_audit_check *check, const char *fmt, va_list ap)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *kept = NULL;

	gv_buf_vaddf(&text, fmt, ap);
	if (gv_buf_check(&text) == 0)
		kept = gv_arena_copy(&check->arena, text.p, text.len);
	gv_buf_release(&text);
	return kept;
}

int
gv_audit_check_fault(struct gv_audit_check *check, struct gv_audit_chain *chain,
    const char *kind, const struct gv_oid *event, const char *fmt, ...)
{
	struct gv_audit_fault *f;
	va_list ap;

	check->n_faults++;
	if (chain->n_faults >= GV_AUDIT_CHECK_FAULTS) {
		chain->more++;
		return 0;
	}
	if (GV_GROW(chain->faults, chain->n_faults, chain->cap_faults) < 0)
		return GV_ENOMEM;
	f = &chain->faults[chain->n_faults];
	*f = (struct gv_audit_fault){ .kind = kind };
	if (event)
		f->event = *event;
	va_start(ap, fmt);
	f->text = keep_text(check, fmt, ap);
	va_end(ap);
	if (f->text == NULL)
		return GV_ENOMEM;
	chain->n_faults++;
	return 0;
}

int
gv_audit_check_note(struct gv_audit_check *check, struct gv_audit_chain *chain,
    const char *fmt, ...)
{
	va_list ap;

	if (GV_GROW(chain->notes, chain->n_notes, chain->cap_notes) < 0)
		return GV_ENOMEM;
	va_start(ap, fmt);
	chain->notes[chain->n_notes] = keep_text(check, fmt, ap);
	va_end(ap);
	if (chain->notes[chain->n_notes] == NULL)
		return GV_ENOMEM;
	chain->n_notes++;
	return 0;
}

/* ---- which chains ---- */

struct gv_audit_chain *
gv_audit_check_chain(struct gv_audit_check *check, const char *host)
{
	struct gv_audit_chain *chain;
	size_t i;

	for (i = 0; i < check->n; i++)
		if (strcmp(check->chains[i].host, host) == 0)
			return &check->chains[i];
	if (GV_GROW(check->chains, check->n, check->cap) < 0)
		return NULL;
	chain = &check->chains[check->n];
	*chain = (struct gv_audit_chain){ .host = gv_arena_copy(&check->arena,
					      host, strlen(host)) };
	if (chain->host == NULL)
		return NULL;
	check->n++;
	return chain;
}

/* Those of which there is a ref, and those of which an end was seen: what was
 * there once is missed. */
static int
find_here(struct gv_audit_check *check, struct gv_repo *repo, const char *host)
{
	struct gv_refs refs = { 0 };
	struct gv_buf seen = GV_BUF_INIT;
	struct gv_audit_chain *chain;
	const char *p;
	size_t i;
	int r = gv_ref_list(&refs, repo, GV_REFS_AUDIT);

	for (i = 0; r == 0 && i < refs.n; i++) {
		const char *name = refs.refs[i].name + strlen(GV_REFS_AUDIT);

		if (host && strcmp(host, name) != 0)
			continue;
		chain = gv_audit_check_chain(check, name);
		if (chain)
			chain->tip = refs.refs[i].oid;
		r = chain ? 0 : GV_ENOMEM;
	}
	if (r == 0)
		r = gv_audit_end_hosts(&seen, repo);
	for (p = seen.p; r == 0 && p < seen.p + seen.len; p += strlen(p) + 1)
		if (host == NULL || strcmp(host, p) == 0)
			r = gv_audit_check_chain(check, p) ? 0 : GV_ENOMEM;
	gv_refs_release(&refs);
	gv_buf_release(&seen);
	return r;
}

static int
find_signers(struct gv_audit_check *check, struct gv_repo *repo,
    const struct gv_audit_check_opts *opts)
{
	size_t i;
	int r = gv_audit_signers_load(&check->signers, repo);

	for (i = 0; r == 0 && i < opts->n_signers; i++)
		r = gv_audit_signers_add(&check->signers, opts->signers[i]);
	check->n_faults += check->signers.why != NULL;
	return r;
}

/* What could not be told yet. */
static int
count_waiting(struct gv_audit_check *check, struct gv_repo *repo)
{
	struct gv_buf names = GV_BUF_INIT, said = GV_BUF_INIT;
	char *before = gv_err_save();
	const char *p;
	int r = gv_audit_queue_list(&names, repo);

	for (p = names.p; r == 0 && p < names.p + names.len;
	     p += strlen(p) + 1) {
		gv_buf_reset(&said);
		check->waiting++;
		if (gv_audit_queue_load(&said, repo, p) == GV_ECORRUPT)
			check->damaged++;
	}
	gv_err_restore(before);
	gv_buf_release(&names);
	gv_buf_release(&said);
	return r;
}

/* ---- all of it ---- */

static int
compare_hosts(const void *a, const void *b)
{
	const struct gv_audit_chain *x = a, *y = b;

	return strcmp(x->host, y->host);
}

static int
check_one(struct gv_audit_check *check, struct gv_audit_chain *chain,
    struct gv_repo *repo, const struct gv_audit_check_opts *opts)
{
	int r = gv_audit_check_walk(check, chain, repo, opts);

	if (r == 0 && opts->remote)
		r = gv_audit_check_compare(check, chain, repo, opts->remote);
	if (r < 0 || chain->n_faults)
		return r;
	if (!gv_oid_is_zero(&chain->tip))
		gv_audit_end_save(repo, NULL, chain->host, &chain->tip);
	if (opts->remote)
		gv_audit_check_keep(chain, repo, opts->remote);
	return 0;
}

int
gv_audit_check_run(struct gv_audit_check *out, struct gv_repo *repo,
    const struct gv_audit_check_opts *opts)
{
	size_t i;
	int r;

	*out = (struct gv_audit_check){ .signers = GV_AUDIT_SIGNERS_INIT,
		.arena = GV_ARENA_INIT };
	if ((r = find_signers(out, repo, opts)) < 0 ||
	    (r = find_here(out, repo, opts->host)) < 0)
		goto out;
	if (opts->remote && (r = gv_audit_check_ask(out, repo, opts)) < 0)
		goto out;
	if ((r = count_waiting(out, repo)) < 0)
		goto out;
	if (opts->host && out->n == 0) {
		r = gv_err(GV_ENOTFOUND,
		    "there is no audit chain of a host '%s' here", opts->host);
		goto out;
	}
	if (out->n)
		qsort(out->chains, out->n, sizeof(*out->chains), compare_hosts);
	for (i = 0; r == 0 && i < out->n; i++)
		r = check_one(out, &out->chains[i], repo, opts);
out:
	if (r < 0)
		gv_audit_check_release(out);
	return r;
}

void
gv_audit_check_release(struct gv_audit_check *check)
{
	size_t i;

	if (check == NULL)
		return;
	for (i = 0; i < check->n; i++) {
		free(check->chains[i].keys);
		free(check->chains[i].faults);
		free(check->chains[i].notes);
	}
	free(check->chains);
	gv_audit_signers_release(&check->signers);
	gv_arena_release(&check->arena);
	memset(check, 0, sizeof(*check));
}

#include <string.h>

#include "base/glob.h"
#include "repo/refs.h"
#include "sync/sync_internal.h"

#define OURS GV_REFS_VAULT

/*
 * Every kind that travels, in the order of merging and of pushing: what others
 * lean on comes first, so that what arrives has its values. Not here, and so
 * left where they are: locks, which their own commands make and end on the
 * remote; the key of ids in clear; what a server writes for itself, which is
 * fetched, looked at (sync_receipt.c) and never ours.
 */
static const struct gv_sync_kind kinds[] = {
	{ "vault/keyring", true, true, 0, NULL },
	{ "vault/secrets/", false, true, 1, NULL },
	{ "vault/marks", true, true, 0, gv_sync_marks },
	{ "vault/deleted", true, true, 0, gv_sync_deleted },
	{ "vault/state/", false, true, 2, gv_sync_chain },
	{ "vault/snapshots/", false, false, 1, gv_sync_snapshot },
	{ "vault/component/", false, false, 3, gv_sync_component },
	{ "vault/good/", false, false, 2, gv_sync_good },
	{ "vault/reports/", false, false, -1, gv_sync_report },
	{ "vault/config/", false, false, 1, gv_sync_made_once },
	{ "vault/audit/", false, true, 1, gv_sync_audit },
	{ "notes/vault", false, true, 0, gv_sync_notes },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct gv_sync_kind *
gv_sync_kind_of(const char *ref)
{
	const char *name = ref + strlen("refs/");
	size_t i;

	for (i = 0; i < N_KINDS; i++) {
		size_t len = strlen(kinds[i].name);

		if (kinds[i].name[len - 1] == '/'
			? strncmp(name, kinds[i].name, len) == 0 && name[len]
			: strcmp(name, kinds[i].name) == 0)
			return &kinds[i];
	}
	return NULL;
}

bool
gv_sync_kind_is_name(const struct gv_sync_kind *kind, const char *ref)
{
	const char *p = ref + strlen("refs/") + strlen(kind->name);
	int parts = *p != '\0';

	for (; *p; p++)
		parts += *p == '/';
	return kind->parts < 0 || parts == kind->parts;
}

size_t
gv_sync_kind_rank(const struct gv_sync_kind *kind)
{
	return (size_t)(kind - kinds);
}

bool
gv_sync_travels(
    bool *is_always, const char *ref, const char *const *patterns, size_t n)
{
	const struct gv_sync_opts opts = { .patterns = patterns,
		.n_patterns = n };
	const struct gv_sync_kind *kind = gv_sync_kind_of(ref);

	*is_always = kind && kind->is_always;
	return kind && gv_sync_kind_is_picked(&opts, kind, ref);
}

/* A pattern is held to the name as people say it, without refs/vault/, but may
 * be the full name, too. */
bool
gv_sync_kind_is_picked(const struct gv_sync_opts *opts,
    const struct gv_sync_kind *kind, const char *ref)
{
	const char *name = strncmp(ref, OURS, strlen(OURS)) == 0
	    ? ref + strlen(OURS)
	    : ref + strlen("refs/");
	size_t i;

	if (opts->n_patterns == 0 || kind->is_always)
		return true;
	for (i = 0; i < opts->n_patterns; i++) {
		const char *p = opts->patterns[i];
		const char *text = strncmp(p, "refs/", 5) == 0 ? ref : name;

		if (gv_glob_match(p, strlen(p), text, strlen(text), 0))
			return true;
	}
	return false;
}

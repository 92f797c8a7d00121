#include "secret/secret_leaked.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "safe/inventory.h"
#include "safe/safe_reader.h"
#include "seal/needle.h"
#include "sys/cancel.h"
#include "sys/proc.h"

#define MOST ((uint64_t)64 * 1024 * 1024) /* of a blob that is looked into */

struct run {
	struct gv_secret_leaked *out;
	struct gv_odb *odb;
	struct gv_needles *needles;
	struct gv_oid blob; /* at hand */
	const char *path;
};

static int
seek_values(
    struct run *run, struct gv_safe *safe, const struct gv_inventory *inv)
{
	struct gv_safe_reader *reader = NULL;
	struct gv_secret value = GV_SECRET_INIT;
	size_t i;
	int r = gv_safe_reader_new(&reader, safe);

	for (i = 0; r == 0 && i < inv->n; i++) {
		const struct gv_inventory_value *v = &inv->values[i];
		struct gv_safe_place place = { v->scope, v->id, v->object };

		gv_secret_reset(&value);
		if ((r = gv_safe_get(reader, &value, &place)) == 0)
			r = gv_needles_add(run->needles, value.p, value.len, i);
		if (r == GV_ENOKEY || r == GV_ENOTFOUND || r == GV_EREFUSED ||
		    r == GV_ECORRUPT) {
			run->out->unopened++;
			r = 0;
		}
	}
	gv_secret_release(&value);
	gv_safe_reader_free(reader);
	return r;
}

static int
note(void *ctx, size_t at, size_t len, size_t tag)
{
	struct run *run = ctx;
	struct gv_secret_leaked_place *p = &run->out->places[tag];

	(void)at;
	(void)len;
	if (p->path)
		return 0;
	p->path = gv_arena_copy(&run->out->arena, run->path, strlen(run->path));
	if (p->path == NULL)
		return GV_ENOMEM;
	p->blob = run->blob;
	run->out->n++;
	return 0;
}

static int
look_into(struct run *run)
{
	struct gv_object obj = { 0 };
	enum gv_otype type;
	size_t size;
	int r;

	if ((r = gv_odb_read_header(run->odb, &type, &size, &run->blob)) < 0)
		goto out;
	if (type != GV_OTYPE_BLOB || size > MOST)
		return 0;
	if ((r = gv_odb_read(run->odb, &obj, &run->blob)) < 0)
		goto out;
	r = gv_needles_find(run->needles, obj.data, obj.len, note, run);
out:
	gv_object_release(&obj);
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

/* Lines "OID PATH"; commits and top directories have no path. */
static int
look_through(struct run *run, char *text)
{
	char *lf;
	int r = 0;

	for (; r == 0 && (lf = strchr(text, '\n')); text = lf + 1) {
		*lf = '\0';
		if (gv_oid_parse(&run->blob, text) < 0 ||
		    text[GV_OID_HEX] != ' ' || text[GV_OID_HEX + 1] == '\0')
			continue;
		run->path = text + GV_OID_HEX + 1;
		if ((r = look_into(run)) == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	return r;
}

static int
look_at_history(struct run *run)
{
	static const char *const argv[] = { "git", "rev-list", "--objects",
		"--exclude=refs/vault/*", "--exclude=refs/vault-remote/*",
		"--exclude=refs/vault-trash/*", "--all", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if ((r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv })) < 0)
		goto out;
	if (p.status) {
		r = gv_err(GV_ERROR, "git cannot list the history: %s",
		    gv_proc_why(&p));
		goto out;
	}
	r = look_through(run, p.out.p);
out:
	gv_proc_release(&p);
	return r;
}

static int
find_commit(struct gv_secret_leaked_place *place)
{
	char find[sizeof("--find-object=") + GV_OID_HEX] = "--find-object=";
	const char *argv[] = { "git", "log", "-1", "--format=%H", find,
		"--exclude=refs/vault/*", "--exclude=refs/vault-remote/*",
		"--exclude=refs/vault-trash/*", "--all", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	gv_oid_format(find + strlen(find), &place->blob);
	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && p.status == 0 && p.out.len > GV_OID_HEX)
		(void)gv_oid_parse(&place->commit, p.out.p);
	gv_proc_release(&p);
	return r;
}

int
gv_secret_leaked_find(struct gv_secret_leaked *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_inventory *inv)
{
	struct run run = { .out = out };
	size_t i;
	int r = gv_repo_odb(repo, &run.odb);

	memset(out, 0, sizeof(*out));
	out->places = calloc(inv->n + 1, sizeof(*out->places));
	if (r == 0 && out->places == NULL)
		r = gv_err_nomem();
	if (r == 0 && (r = gv_needles_new(&run.needles)) == 0 &&
	    (r = seek_values(&run, safe, inv)) == 0)
		r = look_at_history(&run);
	for (i = 0; r == 0 && i < inv->n; i++)
		if (out->places[i].path)
			r = find_commit(&out->places[i]);
	gv_needles_free(run.needles);
	return r;
}

void
gv_secret_leaked_release(struct gv_secret_leaked *exposure)
{
	if (exposure == NULL)
		return;
	free(exposure->places);
	gv_arena_release(&exposure->arena);
	memset(exposure, 0, sizeof(*exposure));
}

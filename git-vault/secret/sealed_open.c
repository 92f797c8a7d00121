#include "git-vault/secret/sealed_open.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/vec.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/sealed.h"
#include "git-vault/secret/sealed_out.h"
#include "safe/safe_reader.h"
#include "secret/valuefile.h"
#include "sys/file.h"
#include "sys/outfile.h"

#define PIECE ((size_t)64 * 1024)
#define MOST  ((size_t)64 * 1024 * 1024)

int
gv_sealed_ids_add(
    struct gv_sealed_ids *all, const struct gv_digest *id, const char *scope)
{
	size_t i;
	int r = GV_GROW(all->ids, all->n, all->cap);

	for (i = 0; i < all->n_scopes; i++)
		if (strcmp(all->scopes[i], scope) == 0)
			break;
	if (r == 0 && i == all->n_scopes)
		r = GV_GROW(all->scopes, all->n_scopes, all->cap_scopes);
	if (r < 0)
		return r;
	all->ids[all->n++] = *id;
	if (i == all->n_scopes)
		all->scopes[all->n_scopes++] = scope;
	return 0;
}

void
gv_sealed_ids_release(struct gv_sealed_ids *all)
{
	if (all == NULL)
		return;
	free(all->ids);
	free(all->scopes);
	memset(all, 0, sizeof(*all));
}

int
gv_sealed_tell(struct gv_ctx *ctx, struct gv_safe *safe,
    struct gv_audit_event *event, const struct gv_sealed_ids *of)
{
	const struct gv_sealed_opts *o = ctx->opts;
	int r;

	event->time = ctx->now;
	event->reason = o->reason;
	event->ids = of->ids;
	event->n_ids = of->n;
	event->scopes = of->scopes;
	event->n_scopes = of->n_scopes;
	r = gv_audit_tell(ctx->repo, safe, event);
	return r < 0 ? gv_err_in(r, "nothing is done") : 0;
}

int
gv_sealed_open(struct gv_safe **out, struct gv_ctx *ctx)
{
	const struct gv_sealed_opts *o = ctx->opts;

	return gv_identity_opt_open(out, ctx, &o->identities);
}

int
gv_sealed_get(struct gv_secret *out, struct gv_safe *safe,
    const struct gv_inventory_value *v)
{
	struct gv_safe_place place = { v->scope, v->id, v->object };
	struct gv_safe_reader *reader = NULL;
	char id[GV_SEALED_OUT_ID];
	int r = gv_safe_reader_new(&reader, safe);

	if (r == 0)
		r = gv_safe_get(reader, out, &place);
	gv_safe_reader_free(reader);
	gv_sealed_out_id(id, v);
	return r < 0 ? gv_err_in(r, "value %s of scope %s", id, v->scope) : r;
}

int
gv_sealed_read(struct gv_secret *out, const char *path)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO
					: open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;
	int r = 0;

	if (fd < 0)
		return gv_err_sys("cannot open %s", path);
	while (r == 0 && n > 0) {
		if ((r = gv_secret_grow(out, PIECE)) == 0)
			n = gv_file_read_some(fd, out->p + out->len, PIECE);
		if (r == 0 && n < 0)
			r = gv_err_sys("cannot read %s", path);
		if (r == 0)
			out->len += (size_t)n;
		if (out->len > MOST)
			r = gv_err(GV_EREFUSED,
			    "%s is larger than 64 MiB, which no value is",
			    path);
	}
	if (fd != STDIN_FILENO)
		gv_file_close(fd);
	return r;
}

int
gv_sealed_write(struct gv_ctx *ctx, const char *path, const struct gv_secret *s)
{
	struct gv_outfile file = { .path = path, .mode = 0600 };
	int r = gv_outfile_is_stdout(path) ? gv_out_flush(ctx->out) : 0;

	return r < 0 ? r : gv_outfile_put(&file, s->p, s->len);
}

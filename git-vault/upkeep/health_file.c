#include "git-vault/upkeep/health_file.h"

#include "base/buf.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "health/health.h"
#include "health/page.h"
#include "sys/outfile.h"

int
gv_health_file_write(const char *path, const struct gv_buf *text)
{
	struct gv_outfile file = {
		.path = path, .mode = 0666, .replaces = true
	};

	return gv_outfile_put(&file, text->p, text->len);
}

int
gv_health_file_page(
    const char *path, struct gv_ctx *ctx, const struct gv_health_opts *opts)
{
	struct gv_health health = { .now = 0 };
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if ((r = gv_health_load(&health, ctx->repo, opts)) < 0 ||
	    (r = gv_page_html(&text, &health, PACKAGE_VERSION)) < 0 ||
	    (r = gv_health_file_write(path, &text)) < 0)
		goto out;
	if (!gv_outfile_is_stdout(path))
		gv_out_say(ctx->out, "wrote %s", path);
	r = !gv_health_is_good(&health);
out:
	gv_buf_release(&text);
	gv_health_release(&health);
	return r;
}

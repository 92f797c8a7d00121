#include "git-vault/front/notice.h"

#include <stdbool.h>

#include "base/buf.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "policy/consent_seen.h"
#include "repo/repo.h"

static bool
is_hook(const struct gv_ctx *ctx)
{
	struct gv_ask_place place;

	gv_ask_look(&place, ctx);
	return place.is_hook;
}

void
gv_notice_print(struct gv_ctx *ctx)
{
	struct gv_buf text = GV_BUF_INIT;
	bool in_hook = is_hook(ctx), is_unreadable = false;
	int i;

	for (i = 0; i < GV_REPO_NOTICES; i++) {
		const struct gv_repo_notice *notice = &ctx->repo->notices[i];

		if (notice->text == NULL ||
		    (in_hook &&
			gv_consent_is_shown(ctx->repo, &notice->of, ctx->now)))
			continue;
		gv_buf_addf(&text, "%s%s", text.len ? "; " : "", notice->text);
		is_unreadable |= notice->is_unreadable;
		if (in_hook)
			gv_consent_see(
			    ctx->repo, GV_CONSENT_SHOWN, &notice->of, ctx->now);
	}
	if (text.len && gv_buf_check(&text) == 0)
		gv_out_warn(ctx->out, "%s; see: git vault policy %s", text.p,
		    is_unreadable ? "show" : "diff");
	gv_buf_release(&text);
}

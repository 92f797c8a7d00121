#include "draw/picture_internal.h"

#include "base/enc.h"
#include "base/err.h"
#include "repo/hash.h"

/*
 * A page: the picture, what is in each box as a list, and tools that the script
 * shows. Its policy allows this style and this script by their digests and
 * nothing else, so that no text of the repository can become a script even if
 * an escape were wrong.
 */

static void
add_digest(struct gv_buf *out, const struct gv_buf *text)
{
	struct gv_hash_sha256 h;
	unsigned char digest[32];

	gv_hash_sha256_init(&h);
	gv_hash_sha256_update(&h, text->p, text->len);
	gv_hash_sha256_finish(&h, digest);
	gv_buf_addstr(out, "'sha256-");
	gv_enc_base64(out, digest, sizeof(digest));
	gv_buf_addch(out, '\'');
}

static void
add_head(struct gv_buf *out, const struct gv_picture *p,
    const struct gv_buf *style, const struct gv_buf *script)
{
	gv_buf_addstr(out,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\""
	    "default-src 'none'; base-uri 'none'; form-action 'none'; "
	    "style-src ");
	add_digest(out, style);
	gv_buf_addstr(out, "; script-src ");
	add_digest(out, script);
	gv_buf_addstr(out,
	    "\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	gv_picture_add_text(out, p->title);
	gv_buf_addstr(out, "</title>\n<style>");
	gv_buf_add(out, style->p, style->len);
	gv_buf_addstr(out, "</style>\n</head>\n");
}

static void
add_choices(struct gv_buf *out, const char *legend, const char *name,
    const struct gv_picture_key *keys, uint32_t n)
{
	uint32_t i;

	if (n == 0)
		return;
	gv_buf_addf(out, "<fieldset><legend>%s</legend>\n", legend);
	for (i = 0; i < n; i++) {
		gv_buf_addf(out,
		    "<label class=\"t%u\"><input type=\"checkbox\" checked "
		    "name=\"%s\" value=\"",
		    keys[i].tint % GV_PICTURE_TINTS, name);
		gv_picture_add_text(out, keys[i].name);
		gv_buf_addf(out, "\">%s", keys[i].tint ? "<i></i>" : "");
		gv_picture_add_text(out, keys[i].name);
		gv_buf_addstr(out, "</label>\n");
	}
	gv_buf_addstr(out, "</fieldset>\n");
}

static void
add_entry(struct gv_buf *out, const struct gv_picture *p, uint32_t i)
{
	const struct gv_picture_box *box = &p->boxes[i];
	uint32_t k;

	gv_buf_addf(out, "<details id=\"l%u\"><summary>", i);
	gv_picture_add_text(out, box->above);
	if (box->above.len)
		gv_buf_addch(out, '/');
	gv_picture_add_text(out, box->title);
	gv_buf_addstr(out, " <small>");
	gv_picture_add_text(out, box->note);
	gv_buf_addstr(out, "</small></summary>\n<ul>\n");
	for (k = 0; k < box->n_lines; k++) {
		gv_buf_addstr(out, "<li>");
		gv_picture_add_text(out, box->lines[k]);
		gv_buf_addstr(out, "</li>\n");
	}
	if (box->more)
		gv_buf_addf(out, "<li>… and %u more</li>\n", box->more);
	gv_buf_addstr(out, "</ul></details>\n");
}

static void
add_body(struct gv_buf *out, const struct gv_picture *p)
{
	uint32_t i;

	gv_buf_addstr(out, "<body>\n<header><h1>");
	gv_picture_add_text(out, p->title);
	gv_buf_addstr(out, "</h1><p>");
	gv_picture_add_text(out, p->summary);
	gv_buf_addstr(out,
	    "</p></header>\n<div class=\"tools\" hidden>\n"
	    "<input type=\"search\" id=\"q\" placeholder=\"Search ( / )\" "
	    "aria-label=\"Search\"><output></output>\n"
	    "<span><button type=\"button\" id=\"in\" aria-label=\"Zoom "
	    "in\">+</button> <button type=\"button\" id=\"out\" "
	    "aria-label=\"Zoom out\">−</button> <button type=\"button\" "
	    "id=\"fit\">Fit</button></span>\n");
	add_choices(out, "Environments", "group", p->groups, p->n_groups);
	add_choices(out, "Relations", "kind", p->kinds, p->n_kinds);
	gv_buf_addstr(
	    out, "</div>\n<main class=\"stage\"><div class=\"view\">\n");
	gv_picture_add_svg(out, p, false);
	gv_buf_addstr(out,
	    "</div><aside hidden></aside></main>\n"
	    "<section class=\"list\"><h2>Contents</h2>\n");
	for (i = 0; i < p->n_boxes; i++)
		if (p->boxes[i].n_lines)
			add_entry(out, p, i);
	gv_buf_addstr(out, "</section>\n<script>");
}

int
gv_picture_html(struct gv_buf *out, const struct gv_picture *p)
{
	struct gv_buf style = GV_BUF_INIT, script = GV_BUF_INIT;
	int r;

	gv_picture_add_style(&style);
	gv_picture_add_page_style(&style);
	gv_picture_add_script(&script);
	if ((r = gv_buf_check(&style)) < 0 || (r = gv_buf_check(&script)) < 0)
		goto out;
	add_head(out, p, &style, &script);
	add_body(out, p);
	gv_buf_add(out, script.p, script.len);
	gv_buf_addstr(out, "</script>\n</body>\n</html>\n");
	r = gv_buf_check(out);
out:
	gv_buf_release(&style);
	gv_buf_release(&script);
	return r;
}

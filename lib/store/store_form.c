#include "store/store_form.h"

#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "store/store.h"

void
gv_store_form_word(char *out, size_t size, const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t len = strspn(text, letters);

	if (text[len] != '\0' || len >= size)
		len = 0;
	memcpy(out, text, len);
	out[len] = '\0';
}

void
gv_store_form_etag(struct gv_store_stat *stat, const char *text)
{
	size_t len = strlen(text);

	if (len >= 2 && *text == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	/* it goes back in a field */
	if (len >= sizeof(stat->etag) || strcspn(text, "\"\r\n") < len)
		len = 0;
	memcpy(stat->etag, text, len);
	stat->etag[len] = '\0';
}

void
gv_store_form_md5(struct gv_store_stat *stat, const char *text)
{
	unsigned char sum[17];
	size_t len = strcspn(text, ", ");

	if (gv_base64_decode(sum, sizeof(sum), text, len) != 16)
		return;
	memcpy(stat->md5, sum, 16);
	stat->has_md5 = true;
}

void
gv_store_form_md5_hex(struct gv_store_stat *stat, const char *text)
{
	stat->has_md5 = strlen(text) == 2 * sizeof(stat->md5) &&
	    gv_enc_unhex(stat->md5, text, sizeof(stat->md5)) == 0;
}

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

int64_t
gv_store_form_time(const char *text)
{
	struct gv_buf b = GV_BUF_INIT;
	int64_t t = 0;
	int i;

	/* by way of 2013-05-24T00:00:00Z */
	if (strlen(text) != 29 || text[3] != ',' ||
	    strcmp(text + 25, " GMT") != 0)
		return 0;
	for (i = 0; i < 12 && strncmp(text + 8, months[i], 3) != 0; i++)
		;
	gv_buf_addf(
	    &b, "%.4s-%02d-%.2sT%.8sZ", text + 12, i + 1, text + 5, text + 17);
	if (gv_time_parse_rfc3339(&t, b.p) < 0)
		t = 0;
	gv_buf_release(&b);
	return t;
}

void
gv_store_form_date(struct gv_buf *out, int64_t seconds)
{
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon",
		"Tue", "Wed" };
	int64_t year;
	int month, day, of_day = (int)(seconds % 86400);

	gv_time_date(&year, &month, &day, seconds);
	gv_buf_addf(out, "%s, %02d %s %04d %02d:%02d:%02d GMT",
	    days[seconds / 86400 % 7], day, months[month - 1], (int)year,
	    of_day / 3600, of_day / 60 % 60, of_day % 60);
}

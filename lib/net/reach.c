#include "net/reach.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "net/http_internal.h"
#include "sys/cancel.h"

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* "Jan  2 03:04:05 2027 GMT" of OpenSSL, "2027-01-02 03:04:05 GMT" of GnuTLS.
 */
int64_t
gv_reach_time(const char *text)
{
	char month[4] = "", rfc[32];
	unsigned y, mon, d, h, min, s;
	const char *at;
	int64_t out;

	if (sscanf(text, "%4u-%2u-%2u %2u:%2u:%2u", &y, &mon, &d, &h, &min,
		&s) != 6) {
		if (sscanf(text, "%3s %2u %2u:%2u:%2u %4u", month, &d, &h, &min,
			&s, &y) != 6 ||
		    (at = strstr(months, month)) == NULL ||
		    strlen(month) != 3 || (at - months) % 3)
			return 0;
		mon = (unsigned)(at - months) / 3 + 1;
	}
	(void)snprintf(rfc, sizeof(rfc), "%04u-%02u-%02uT%02u:%02u:%02uZ",
	    y % 10000, mon % 100, d % 100, h % 100, min % 100, s % 100);
	return gv_time_parse_rfc3339(&out, rfc) == 0 ? out : 0;
}

/* Of the first certificate, which is the host's own. */
static int64_t
expiry_of(const struct gv_http_library *curl, CURL *easy)
{
	struct curl_certinfo *info = NULL;
	const struct curl_slist *line;
	static const char name[] = "Expire date:";

	if (curl->easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK ||
	    info == NULL || info->num_of_certs < 1)
		return 0;
	for (line = info->certinfo[0]; line; line = line->next)
		if (strncmp(line->data, name, sizeof(name) - 1) == 0)
			return gv_reach_time(line->data + sizeof(name) - 1);
	return 0;
}

static int
on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t total_up,
    curl_off_t now_up)
{
	(void)ctx;
	(void)total;
	(void)now;
	(void)total_up;
	(void)now_up;
	return gv_cancel_requested();
}

#define SET(option, value)                                                     \
	(c == CURLE_OK ? (c = curl->easy_setopt(easy, option, value)) : c)

static int
connect_to(struct gv_reached *out, const struct gv_http_library *curl,
    CURL *easy, const char *url, const struct gv_reach_opts *opts)
{
	char why[CURL_ERROR_SIZE] = "";
	CURLcode c = CURLE_OK;

	SET(CURLOPT_URL, url);
	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (opts->ca)
		SET(CURLOPT_CAINFO, opts->ca);
	if (opts->is_tls)
		SET(CURLOPT_CERTINFO, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)opts->within_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)opts->within_ms);
	SET(CURLOPT_ERRORBUFFER, why);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	if (c == CURLE_OK)
		c = curl->easy_perform(easy);
	if (gv_cancel_requested())
		return gv_cancel_error();
	if (c != CURLE_OK)
		return gv_err(
		    GV_ERROR, "%s", *why ? why : curl->easy_strerror(c));
	if (opts->is_tls)
		out->expires = expiry_of(curl, easy);
	return 0;
}

int
gv_reach(struct gv_reached *out, const char *address,
    const struct gv_reach_opts *opts)
{
	const struct gv_http_library *curl;
	const char *port = strrchr(address, ':');
	struct gv_buf url = GV_BUF_INIT;
	CURL *easy = NULL;
	int r;

	out->expires = 0;
	if (port == NULL || port == address || port[1] == '\0' ||
	    port[1 + strspn(port + 1, "0123456789")] ||
	    strpbrk(address, "/@?# \t\r\n"))
		return gv_err(
		    GV_EREFUSED, "'%.200s' is not HOST:PORT", address);
	gv_buf_addf(&url, "%s://%s", opts->is_tls ? "https" : "http", address);
	if ((r = gv_buf_check(&url)) < 0 || (r = gv_http_library(&curl)) < 0)
		goto out;
	if ((easy = curl->easy_init()) == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	r = connect_to(out, curl, easy, url.p, opts);
	curl->easy_cleanup(easy);
out:
	gv_buf_release(&url);
	return r;
}

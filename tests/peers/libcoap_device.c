// A device on CoAP that is not ours: libcoap. One connection: signs up, signs in, publishes a light, is observed, notifies
// a change, answers an update, leaves. Prints a line for each step; 0 if all were seen, 1 with the step that did not come.
//
//   libcoap_device ADDRESS PORT DI PROVIDER CODE [CERTIFICATE KEY CA]   (PEM files: with them over TLS, without over TCP)
#include <arpa/inet.h>
#include <coap3/coap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { patience_s = 20, ocf_cbor = 10000, ocf_accept_version = 2049, ocf_version = 2053 };

struct bytes {
  uint8_t data[1024];
  size_t size;
};

// What the handlers tell main().
static struct bytes answer;
static coap_pdu_code_t answered;  // 0: not yet
static bool observed, updated;
static int power = 1;

// -- As much CBOR as the messages here have: maps of texts, integers and false

static void put_head(struct bytes* out, uint8_t major, unsigned value) {
  if (value > 0xff) {
    out->data[out->size++] = (uint8_t)(major << 5 | 25);
    out->data[out->size++] = (uint8_t)(value >> 8);
  } else if (value > 23) {
    out->data[out->size++] = (uint8_t)(major << 5 | 24);
  } else {
    value |= (unsigned)major << 5;
  }
  out->data[out->size++] = (uint8_t)value;
}

static void put_text(struct bytes* out, const char* text) {
  put_head(out, 3, (unsigned)strlen(text));
  memcpy(out->data + out->size, text, strlen(text));
  out->size += strlen(text);
}

static void put_pair(struct bytes* out, const char* key, const char* value) {
  put_text(out, key);
  put_text(out, value);
}

static void put_texts(struct bytes* out, const char* key, const char* first, const char* second) {
  put_text(out, key);
  put_head(out, 4, 2);
  put_text(out, first);
  put_text(out, second);
}

// The value of an integer, the length of a text; moves on to what follows the head.
static size_t take_head(const uint8_t** at, const uint8_t* end, unsigned* major) {
  if (*at == end) return 0;
  *major = **at >> 5;
  size_t value = *(*at)++ & 31;
  if (value < 24) return value;
  size_t more = value < 28 ? (size_t)1 << (value - 24) : 0;
  for (value = 0; more > 0 && *at < end; --more) value = value << 8 | *(*at)++;
  return value;
}

// The text at the key of a map, cut to `size`, or the integer that is returned; -1 if it is not there.
static long find(const struct bytes* map, const char* key, char* text, size_t size) {
  const uint8_t *at = map->data, *end = map->data + map->size;
  unsigned major = 0;
  bool is_value = false, found = false;
  take_head(&at, end, &major);
  for (; at < end; is_value = !is_value) {
    size_t value = take_head(&at, end, &major);
    const uint8_t* begin = at;
    if (major == 3) at += value < (size_t)(end - at) ? value : (size_t)(end - at);
    if (is_value && found) {
      if (major == 3 && text != NULL) snprintf(text, size, "%.*s", (int)(at - begin), (const char*)begin);
      return (long)value;
    }
    found = !is_value && major == 3 && strlen(key) == value && memcmp(begin, key, value) == 0;
  }
  return -1;
}

static void put_light(struct bytes* out) {
  put_head(out, 5, 3);
  put_text(out, "state");
  out->data[out->size++] = 0xf4;
  put_text(out, "power");
  put_head(out, 0, (unsigned)power);
  put_pair(out, "name", "libcoap");
}

// -- What libcoap calls

static coap_response_t on_response(coap_session_t* session, const coap_pdu_t* sent, const coap_pdu_t* received,
                                   const coap_mid_t mid) {
  (void)session, (void)sent, (void)mid;
  size_t size = 0;
  const uint8_t* data = NULL;
  answer.size = 0;
  if (coap_get_data(received, &size, &data) && size <= sizeof answer.data) {
    memcpy(answer.data, data, size);
    answer.size = size;
  }
  answered = coap_pdu_get_code(received);
  return COAP_RESPONSE_OK;
}

static void respond(coap_pdu_t* response, coap_pdu_code_t code) {
  struct bytes light = {{0}, 0};
  uint8_t format[2];
  coap_pdu_set_code(response, code);
  coap_add_option(response, COAP_OPTION_CONTENT_FORMAT, coap_encode_var_safe(format, sizeof format, ocf_cbor), format);
  put_light(&light);
  coap_add_data(response, light.size, light.data);
}

static void on_get(coap_resource_t* resource, coap_session_t* session, const coap_pdu_t* request,
                   const coap_string_t* query, coap_pdu_t* response) {
  (void)resource, (void)session, (void)query;
  coap_opt_iterator_t options;
  if (coap_check_option(request, COAP_OPTION_OBSERVE, &options) != NULL) observed = true;
  respond(response, COAP_RESPONSE_CODE_CONTENT);
}

static void on_post(coap_resource_t* resource, coap_session_t* session, const coap_pdu_t* request,
                    const coap_string_t* query, coap_pdu_t* response) {
  (void)session, (void)query;
  struct bytes update = {{0}, 0};
  const uint8_t* data = NULL;
  size_t size = 0;
  if (coap_get_data(request, &size, &data) && size <= sizeof update.data) {
    memcpy(update.data, data, size);
    update.size = size;
  }
  const long wanted = find(&update, "power", NULL, 0);
  if (wanted < 0) {
    coap_pdu_set_code(response, COAP_RESPONSE_CODE_BAD_REQUEST);
    return;
  }
  power = (int)wanted;
  respond(response, COAP_RESPONSE_CODE_CHANGED);
  coap_resource_notify_observers(resource, NULL);
  updated = true;
}

// -- The device

static bool wait_for(coap_context_t* context, const bool* seen, const char* step) {
  const time_t end = time(NULL) + patience_s;
  while (!*seen && time(NULL) < end) coap_io_process(context, 100);
  printf(*seen ? "%s\n" : "not seen: %s\n", step);
  fflush(stdout);
  return *seen;
}

static bool post(coap_context_t* context, coap_session_t* session, const char* path, const char* query,
                 const struct bytes* payload) {
  uint8_t token[8], format[2], segments[64], *segment = segments;
  size_t token_size = 0, segments_size = sizeof segments;
  coap_pdu_t* request = coap_new_pdu(COAP_MESSAGE_CON, COAP_REQUEST_CODE_POST, session);
  coap_session_new_token(session, &token_size, token);
  coap_add_token(request, token_size, token);
  int count = coap_split_path((const uint8_t*)path, strlen(path), segments, &segments_size);
  for (; count > 0; --count, segment += coap_opt_size(segment))
    coap_add_option(request, COAP_OPTION_URI_PATH, coap_opt_length(segment), coap_opt_value(segment));
  const size_t format_size = coap_encode_var_safe(format, sizeof format, ocf_cbor);
  coap_add_option(request, COAP_OPTION_CONTENT_FORMAT, format_size, format);
  if (query != NULL) coap_add_option(request, COAP_OPTION_URI_QUERY, strlen(query), (const uint8_t*)query);
  coap_add_option(request, COAP_OPTION_ACCEPT, format_size, format);
  coap_add_data(request, payload->size, payload->data);
  answered = 0;
  if (coap_send(session, request) == COAP_INVALID_MID) {
    printf("not sent: %s\n", path);
    return false;
  }
  const time_t end = time(NULL) + patience_s;
  while (answered == 0 && time(NULL) < end) coap_io_process(context, 100);
  printf("%s %d.%02d\n", path, answered >> 5, answered & 31);
  fflush(stdout);
  return answered == COAP_RESPONSE_CODE_CHANGED;
}

static bool sign_up_in_and_publish(coap_context_t* context, coap_session_t* session, char** argv) {
  const char *di = argv[3], *provider = argv[4], *code = argv[5];
  struct bytes sign_up = {{0}, 0}, sign_in = {{0}, 0}, publish = {{0}, 0};
  put_head(&sign_up, 5, 3);
  put_pair(&sign_up, "di", di);
  put_pair(&sign_up, "authprovider", provider);
  put_pair(&sign_up, "accesstoken", code);
  if (!post(context, session, "oic/sec/account", NULL, &sign_up)) return false;

  char token[800], uid[200];
  if (find(&answer, "accesstoken", token, sizeof token) < 0 || find(&answer, "uid", uid, sizeof uid) < 0) {
    printf("the answer to the sign-up has no token\n");
    return false;
  }
  put_head(&sign_in, 5, 4);
  put_pair(&sign_in, "di", di);
  put_pair(&sign_in, "uid", uid);
  put_pair(&sign_in, "accesstoken", token);
  put_text(&sign_in, "login");
  sign_in.data[sign_in.size++] = 0xf5;
  if (!post(context, session, "oic/sec/session", NULL, &sign_in)) return false;

  put_head(&publish, 5, 3);
  put_pair(&publish, "di", di);
  put_text(&publish, "links");
  put_head(&publish, 4, 1);
  put_head(&publish, 5, 5);
  put_pair(&publish, "href", "/light/1");
  put_texts(&publish, "rt", "core.light", "oic.r.light");
  put_texts(&publish, "if", "oic.if.rw", "oic.if.baseline");
  put_text(&publish, "ins");
  put_head(&publish, 0, 7);
  put_text(&publish, "p");
  put_head(&publish, 5, 1);
  put_text(&publish, "bm");
  put_head(&publish, 0, 3);
  put_text(&publish, "ttl");
  put_head(&publish, 0, 0);
  return post(context, session, "oic/rd", "rt=oic.wk.rdpub", &publish);
}

int main(int argc, char** argv) {
  if (argc != 6 && argc != 9) {
    fprintf(stderr, "usage: libcoap_device ADDRESS PORT DI PROVIDER CODE [CERTIFICATE KEY CA]\n");
    return 2;
  }
  coap_startup();
  coap_context_t* context = coap_new_context(NULL);
  coap_context_set_csm_timeout(context, patience_s / 4);
  coap_register_option(context, ocf_accept_version);
  coap_register_option(context, ocf_version);
  coap_register_response_handler(context, on_response);
  coap_resource_t* light = coap_resource_init(coap_make_str_const("light/1"), 0);
  coap_register_request_handler(light, COAP_REQUEST_GET, on_get);
  coap_register_request_handler(light, COAP_REQUEST_POST, on_post);
  coap_resource_set_get_observable(light, 1);
  coap_add_resource(context, light);

  coap_address_t hub;
  coap_address_init(&hub);
  hub.addr.sin.sin_family = AF_INET;
  hub.addr.sin.sin_port = htons((uint16_t)atoi(argv[2]));
  hub.size = sizeof hub.addr.sin;
  inet_pton(AF_INET, argv[1], &hub.addr.sin.sin_addr);
  coap_session_t* session = NULL;
  if (argc == 9) {
    coap_dtls_pki_t pki = {.version = COAP_DTLS_PKI_SETUP_VERSION, .verify_peer_cert = 1, .check_common_ca = 1};
    pki.pki_key.key_type = COAP_PKI_KEY_PEM;
    pki.pki_key.key.pem.public_cert = argv[6];
    pki.pki_key.key.pem.private_key = argv[7];
    pki.pki_key.key.pem.ca_file = argv[8];
    session = coap_new_client_session_pki(context, NULL, &hub, COAP_PROTO_TLS, &pki);
  } else {
    session = coap_new_client_session(context, NULL, &hub, COAP_PROTO_TCP);
  }
  if (session == NULL) {
    printf("no connection\n");
    return 1;
  }

  bool done = sign_up_in_and_publish(context, session, argv) && wait_for(context, &observed, "observed");
  if (done) {
    power = 2;
    coap_resource_notify_observers(light, NULL);
    done = wait_for(context, &updated, "updated");
  }
  for (int turns = 0; turns < 5; ++turns) coap_io_process(context, 100);  // the answer and the notification leave
  coap_session_release(session);
  coap_free_context(context);
  coap_cleanup();
  return done ? 0 : 1;
}

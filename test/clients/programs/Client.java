import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** Prints the status of a login, a guarded request, a logout and a guarded request. */
class Client {
  public static void main(String[] arguments) throws Exception {
    HttpClient client =
        HttpClient.newBuilder().cookieHandler(new CookieManager()).sslContext(trusting()).build();
    String[][] requests = {{"POST", "/login"}, {"GET", "/me"}, {"POST", "/logout"}, {"GET", "/me"}};
    for (String[] request : requests) {
      HttpRequest.Builder builder =
          HttpRequest.newBuilder(URI.create(arguments[0] + request[1]))
              .method(request[0], BodyPublishers.noBody());
      System.out.println(client.send(builder.build(), BodyHandlers.discarding()).statusCode());
    }
  }

  /** Accepts certificates that nobody has signed. */
  private static SSLContext trusting() throws Exception {
    TrustManager everything =
        new X509TrustManager() {
          public void checkClientTrusted(X509Certificate[] chain, String type) {}

          public void checkServerTrusted(X509Certificate[] chain, String type) {}

          public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
          }
        };
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {everything}, null);
    return context;
  }
}

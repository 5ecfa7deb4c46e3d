namespace RecoveryVault.Tests.Keys.Local;

/// <summary>
/// One RSA key for frozen vectors, made with OpenSSL 3 for these tests and used nowhere else; all but the modulus in base64.
/// </summary>
internal static class FixedKey
{
    public const string Pkcs8 = """
        MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQDeTiYH24EnO+e1ab/vhFVnXB9fSgOHQJB81BYYdij0Jd2LfpZbSw2exjl5/hID+t1tlG6W
        1ArowxJ6/Eu8NBRZdCLYQd1iq4zhiBcL+tKmR8s5Y0DgYd/QaKbeYr/knrJbHNtW50qWkZ9+Qtg3xEyxLjU3jcNeT1DIViIjH1ZUL0bBiXmhW+rh8BRGKkjZ
        GBp2hZeR8LrAA1WiQnkSuBPhRxpgHKsWpyoQrXvnyGIR+Fa76odNkqjwsJq0zbJD7xBxJhRtnNHGDc7dWoGdSpmoe0fhEYXVWmyHNid78vR5pESBlMClfhda
        CEr1wMyiMwLHq48+ph8fYV2hQAnB283PAgMBAAECggEACaUzYjjkaCrhuU3OzZocyIDHPa+s6oPjIP9kvAf4a+tuqtxBstFVVHO+T6w15OVQES6VA8dMd9/q
        39otgQtzbJQs5Nwqulq+IJTyhwsJc7x+tU04peOpPdYkk1aOg+Fc1LYyUBl184V6+ZP15KmIOFHMbk4g0Wk4lJCkJ4j3Cmzz/a4rvcQqyOYMRh6k4RSCguf2
        Iv2vqNbhMOjpzJBcDggjjC8rMzNmWKUkTxn3ewn6Q0b9uUx4JO+Dmh+RMX1IcqTuhQ5tGTln8Lciaw80CfkzTAZqjTtaRHinwlCwagi9iCIxa/ixTrfpUJMK
        PqA/YN6G9/CCKlWTpaRnmnYuzQKBgQDw28wCdIeox/SAecjGPWio0Sk2zOPHeTr7s52jvVo9a1CHGGHqYNZQO6USs5WQmpXRGBnt1KbeCEqhhgIq496KgwDh
        Gt/JVQuc71M3AHdJfs+/k8pEWH51e3aFFlVp26e7vIYVG0OImajOEPwP8R9uPf3CBkl31Vo9GJL+w9XuNQKBgQDsR8ShRQ4wFu/QGnG3Nd8bRROKO5dEhrNI
        FIl9jm5kfiNytI5g4pjCD2sWfVKucbd7qyynq8VD05ZQ55DvlGtHaToeH0qLyBErkl8O/s/iFdeIXyFNIh4jFhvk7oKxITxzFXqQ4FUAVQmkMWWjBKuBWdYm
        TsgMuNU1Cn6QvmQccwKBgQC71GyQLZftg6Gk31Q3ZIRNwm9FkRrA4EWjLDtvCadp5lpyQA173fDDuP/OScYFcsgKu6Tc180ZsZWhyQO/ttxBYFA7O93xACWC
        SRC3/+EGq6IPYI2IJwrXS2Tt/LC3UNjJiwd1RkGwMUR3Dr/DHuLH8ggGWyjIDtXEd3mKu+YFUQKBgQCb2nckHWXPaMHE1jyeKeXBmh3ad5Y++E73w7wxWqsM
        lHuTZO/pjm5Oy1bK3d2U/aOW6oEpFE+pfr7PHP/oWFEvKITSa7eDXnOc9w7G2GONcPTbmkxgEZopcKLzrjP83Lx/+PIA8EiBUJZsfLza+/CZAQYV/K9OXPkd
        5I85sKxeawKBgQC0/Xb6/mGgQsaTVEU8SK6ANcUBwq7yaNjyeLu3LuAFyKnWWNSRxPaMZmv5pAwa/VTiQAw754kMZ27M6hlyP6lC8XVTE85Qw5CrAHGUQ6pe
        6DZhbXBrAR0RcoKBGkQ1yutYbdvsMyssStIgteReie2FDQC0BdXQUmMvNTV5Nail7g==
        """;

    public const string Spki = """
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3k4mB9uBJzvntWm/74RVZ1wfX0oDh0CQfNQWGHYo9CXdi36WW0sNnsY5ef4SA/rdbZRultQK6MMS
        evxLvDQUWXQi2EHdYquM4YgXC/rSpkfLOWNA4GHf0Gim3mK/5J6yWxzbVudKlpGffkLYN8RMsS41N43DXk9QyFYiIx9WVC9GwYl5oVvq4fAURipI2RgadoWX
        kfC6wANVokJ5ErgT4UcaYByrFqcqEK1758hiEfhWu+qHTZKo8LCatM2yQ+8QcSYUbZzRxg3O3VqBnUqZqHtH4RGF1VpshzYne/L0eaREgZTApX4XWghK9cDM
        ojMCx6uPPqYfH2FdoUAJwdvNzwIDAQAB
        """;

    public const string Modulus =
        "3k4mB9uBJzvntWm_74RVZ1wfX0oDh0CQfNQWGHYo9CXdi36WW0sNnsY5ef4SA_rdbZRultQK6MMSevxLvDQUWXQi2EHdYquM4YgXC_rSpkfLOW"
        + "NA4GHf0Gim3mK_5J6yWxzbVudKlpGffkLYN8RMsS41N43DXk9QyFYiIx9WVC9GwYl5oVvq4fAURipI2RgadoWXkfC6wANVokJ5ErgT4UcaYByr"
        + "FqcqEK1758hiEfhWu-qHTZKo8LCatM2yQ-8QcSYUbZzRxg3O3VqBnUqZqHtH4RGF1VpshzYne_L0eaREgZTApX4XWghK9cDMojMCx6uPPqYfH2"
        + "FdoUAJwdvNzw";

    /// <summary>What <c>openssl pkeyutl -encrypt</c> made of the text below: OAEP, SHA-256, MGF1 with SHA-256.</summary>
    public const string WrappedByOpenSsl = """
        qBAc6oR3Nysya8KwSDDJASaUedsko1gxu9ZcsVDHIlqCbyGUfqH7qohR+zhtT6rBGDcXl3wExWYNu6a/K6yCf0IK39k2HnKQhN8YJDeu2UxPQPB0Qzj1+7Q2
        zYleOEQRGUgmtTJLtXNnFJ5FDg73ZyCLnaoIucnJfnwYMPdSQ4IlmvDl9ptHbj8HVIXHpMuQEebrbYId/x1qEbJiZE9cet7zHXpROR3PigZ9x1wTaK8ipEAE
        Q4LlZi1R4EKVBzVxzrDwi6zIAbcbKLU7vSeGRyTnlgck/KCPCFi5DZ12jcas4FG9YMvzj7HoGnubpVOa4l51HftxKXsLJOQesYLsLA==
        """;

    public const string Unwrapped = "wrapped elsewhere, 32 bytes long";
}
